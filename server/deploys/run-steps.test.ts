import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Journal, readJournal } from './journal.ts';
import { Phases } from './phases.ts';
import { type ChangeFacts, Steps } from './run-steps.ts';
import { type ChangingStep, Ended, type Step, Undecided } from './step.ts';

let folder: string;
let did: string[];
let stop: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-steps-'));
  did = [];
  stop = new AbortController();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context = {
  deployer: { restore: async () => {}, waitUntilRestored: async () => {} },
  applier: { restore: async () => [] },
  log: silentLogger,
};

function start(): ChangeFacts {
  const mark = { commit: 'c', release: 1, pushedBy: 'a', cause: 'b' };
  return {
    journal: new Journal(folder, { id: 'p1', branch: 'main', commit: 'c', makesRelease: true, mark }),
    output: { say: (line) => did.push(`say ${line}`) },
    phases: new Phases(new ManualClock()),
    remote: { rolloutTimeoutSeconds: 1 },
    signal: stop.signal,
  };
}

type Fault = 'none' | 'fails' | 'is cancelled';
const failure = () => new GitkubeError('ContainerCrashed', 'it crashed', { hint: 'fix it' });
const cancelled = new GitkubeError('ShuttingDown', 'the server is restarting');

/** Changes something, and says so; with a fault after that. */
function changing(name: string, fault: Fault = 'none', undo: () => Promise<void> = async () => {}) {
  const step: ChangingStep<ChangeFacts, object, { made: string }> = {
    name,
    entry: z.object({ made: z.string() }),
    run: async (_facts, _context, keep) => {
      await keep({ made: name });
      did.push(name);
      if (fault === 'fails') throw failure();
      if (fault === 'is cancelled') stop.abort(cancelled);
      return {};
    },
    undo: async ({ made }) => {
      did.push(`undo ${made}`);
      await undo();
    },
  };
  return step;
}

function checking(name: string, ends = false): Step<object, object> {
  const run = async () => {
    did.push(name);
    return ends ? new Ended({ kind: 'checked' }) : {};
  };
  return { name, run };
}

const from = () => Steps.from<ChangeFacts>();
const run = (steps: ReturnType<typeof from>) =>
  steps.execute(start(), context as never).then(
    () => 'done',
    (error: GitkubeError) => error,
  );

describe('steps that check', () => {
  it('run in their order, and each one gets what those before it found', async () => {
    const one: Step<object, { readonly number: number }> = { name: 'one', run: async () => ({ number: 1 }) };
    const two: Step<{ readonly number: number }, { readonly sum: number }> = {
      name: 'two',
      run: async ({ number }) => ({ sum: number + 1 }),
    };
    const steps = from().add(one).add(two);
    expect(steps.names).toEqual(['one', 'two']);
    expect(await steps.check(start(), context as never)).toMatchObject({ number: 1, sum: 2 });
  });

  it('end where one of them says so', async () => {
    const steps = from().add(checking('one')).add(checking('two', true)).add(checking('three'));
    expect(await steps.check(start(), context as never)).toEqual(new Ended({ kind: 'checked' }));
    expect(did).toEqual(['one', 'two']);
  });

  it('are in the phase that the last of them has begun', async () => {
    const facts = start();
    await from()
      .add({ ...checking('one'), phase: 'build' as const })
      .add(checking('two'))
      .check(facts, context as never);
    expect(facts.phases.current).toBe('build');
  });
});

describe('steps that change something', () => {
  it('leave their journal to the caller when all of them succeed', async () => {
    expect(await run(from().add(changing('one')).add(changing('two')))).toBe('done');
    const steps = ['one', 'two'].map((made) => ({ step: made, data: { made } }));
    expect(await readJournal(folder)).toMatchObject({ id: 'p1', steps });
  });

  it.each([
    [1, ['one', 'undo one']],
    [2, ['one', 'two', 'undo two', 'undo one']],
    [3, ['one', 'two', 'three', 'undo three', 'undo two', 'undo one']],
  ])('are undone in reverse when the one at place %i fails', async (place, expected) => {
    const fault = (at: number) => (at === place ? 'fails' : 'none');
    const steps = ['one', 'two', 'three'].reduce((all, name, at) => all.add(changing(name, fault(at + 1))), from());
    expect(await run(steps)).toMatchObject({ reason: 'ContainerCrashed', message: 'it crashed' });
    expect(did).toEqual(expected);
    expect(await readJournal(folder)).toBeUndefined();
  });

  it.each([
    [1, ['one', 'undo one']],
    [2, ['one', 'two', 'undo two', 'undo one']],
  ])('are undone in reverse when the deploy is cancelled in the one at place %i', async (place, expected) => {
    const fault = (at: number) => (at === place ? 'is cancelled' : 'none');
    const steps = ['one', 'two', 'three'].reduce((all, name, at) => all.add(changing(name, fault(at + 1))), from());
    expect(await run(steps)).toBe(cancelled);
    expect(did).toEqual(expected);
  });

  it('do not begin when the deploy is cancelled before', async () => {
    stop.abort(cancelled);
    expect(await run(from().add(changing('one')))).toBe(cancelled);
    expect(did).toEqual([]);
  });

  it('after the release run although the deploy is cancelled', async () => {
    const steps = from()
      .add(changing('one', 'is cancelled'))
      .add({ ...checking('two'), always: true as const });
    expect(await run(steps)).toBe('done');
    expect(did).toEqual(['one', 'two']);
  });

  it('are not undone once a step has committed the deploy, whatever fails after it', async () => {
    const commit: Step<object, object> = { name: 'commit', commits: true, run: async () => ({}) };
    const fails = async () => {
      throw failure();
    };
    const steps = from()
      .add(changing('one'))
      .add(commit)
      .add({ ...checking('two'), run: fails });
    expect(await run(steps)).toMatchObject({ reason: 'ContainerCrashed' });
    expect(did).toEqual(['one']);
    expect(await readJournal(folder)).toMatchObject({ id: 'p1' });
  });

  it('of an earlier run of the same deploy are undone, too', async () => {
    const first = from().add(changing('one'));
    const facts = await first.execute(start(), context as never);
    const second = first.next().add(changing('two', 'fails'));
    await expect(second.execute(facts, context as never)).rejects.toThrow('it crashed');
    expect(did).toEqual(['one', 'two', 'undo two', 'undo one']);
  });

  it('are not undone, and keep their journal, when the outcome of a step is unknown', async () => {
    const undecided: Step<object, object> = {
      name: 'undecided',
      run: async () => {
        throw new Undecided(new GitkubeError('GitFailed', 'was it written?'));
      },
    };
    expect(await run(from().add(changing('one')).add(undecided))).toMatchObject({ reason: 'GitFailed' });
    expect(did).toEqual(['one']);
    expect(await readJournal(folder)).toMatchObject({ id: 'p1' });
  });

  it('that cannot be undone keep the journal and say both; what the others have changed is undone all the same', async () => {
    const stuck = async () => {
      throw new GitkubeError('RollbackFailed', 'two is stuck', { hint: 'kubectl …' });
    };
    const steps = from()
      .add(changing('one'))
      .add(changing('two', 'fails', stuck));
    expect(await run(steps)).toMatchObject({
      reason: 'RollbackFailed',
      message: 'it crashed; two is stuck',
      hint: ['kubectl …', expect.stringContaining('restored before the next push')],
      evidence: ['fix it'],
    });
    expect(did).toEqual(['one', 'two', 'undo two', 'undo one']);
    expect(await readJournal(folder)).toMatchObject({ id: 'p1' });
  });

  it('that are undone while the server stops keep the journal, as it is unknown whether all of it runs again', async () => {
    const unfinished = async () => {
      throw new GitkubeError('RestoreUnfinished', 'restored, and not waited for', { hint: 'push again' });
    };
    const steps = from()
      .add(changing('one'))
      .add(changing('two', 'fails', unfinished));
    expect(await run(steps)).toMatchObject({ reason: 'RestoreUnfinished', hint: ['push again'], evidence: [] });
    expect(did).toEqual(['one', 'two', 'undo two', 'undo one']);
    expect(await readJournal(folder)).toMatchObject({ id: 'p1' });
  });

  it('and are undone only if all others are stay while the server stops: pods of the new version may serve', async () => {
    const unfinished = async () => {
      throw new GitkubeError('RestoreUnfinished', 'restored, and not waited for');
    };
    const steps = from()
      .add({ ...changing('one'), undoneIfAll: true as const })
      .add(changing('two', 'fails', unfinished));
    expect(await run(steps)).toMatchObject({ reason: 'RestoreUnfinished' });
    expect(did).toEqual(['one', 'two', 'undo two']);
    expect(await readJournal(folder)).toMatchObject({ id: 'p1' });
  });

  it('and are undone only if all others are stay while pods of the new version are known to run, and so does the journal', async () => {
    const two = changing('two', 'fails');
    const undo: typeof two.undo = async (_entry, _context, { stillRuns }) => stillRuns?.('www');
    const steps = from()
      .add({ ...changing('one'), undoneIfAll: true as const })
      .add({ ...two, undo });
    expect(await run(steps)).toMatchObject({
      reason: 'RollbackFailed',
      message: 'it crashed; www: pods of the new version still run, so no migration is undone',
    });
    expect(did).toEqual(['one', 'two']);
    expect(await readJournal(folder)).toMatchObject({ id: 'p1' });
  });
});
