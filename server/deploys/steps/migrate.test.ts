import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../../base/errors.ts';
import type { Task } from '../../../remote-crd/index.ts';
import { EndUnknown } from '../../tasks/end-unknown.ts';
import { noTasks } from '../../tasks/testing/no-tasks.ts';
import { type Begun, migrate } from './migrate.ts';

const task = (name: string, more: Partial<Task> = {}) =>
  ({
    ...{ name, stage: 'Migrate', from: { kind: 'Deployment', deployment: 'www', container: 'app' } },
    ...more,
  }) as Task;

/** The newest first. */
let releases: { number: number; commit: string; record: { images: { image: string }[] } }[];
/** What happened, in its order. */
let done: string[];
let kept: Begun[][];
let fails: string | undefined;
let signal: AbortController;
let forced: AbortController;

const tasks = {
  ...noTasks,
  prepare: async ({ task: one }: { task: Task }) => ({
    task: one,
    ref: { namespace: 'ns', name: `gk-${one.name}`, as: 'account' },
    job: {},
  }),
  run: async ({ task: one }: { task: Task }, run: { signal: AbortSignal }) => {
    done.push(`run ${one.name}`);
    signal.abort(new GitkubeError('Cancelled', 'cancelled'));
    expect(run.signal.aborted).toBe(false);
    if (one.name === 'lost') throw new EndUnknown(new GitkubeError('RestoreUnfinished', 'task lost still runs'));
    if (one.name === fails) throw new GitkubeError('TaskFailed', `task ${one.name} failed`);
    return { ms: 1234 };
  },
  delete: async () => {},
};

const keep = async ({ tasks: begun }: { tasks: Begun[] }) => {
  kept.push(structuredClone(begun));
  done.push('keep');
};

function run(planned: { task: Task; skipped?: string }[], keeping = keep) {
  const facts = {
    ...{ id: 'd1', commit: 'c1', how: 'push', mark: { release: 3 }, revision: { branch: 'main' } },
    ...{
      principal: { name: 'ada' },
      checked: {},
      remote: {},
      signal: signal.signal,
      forced: forced.signal,
      tasks: planned,
    },
    repository: { releases: async () => releases },
    images: [{ target: { deployment: 'www', container: { name: 'app' } }, reference: 'r/www@sha256:1' }],
    output: { stage: (line: string) => done.push(line), say: (line: string) => done.push(line) },
    phases: { begin: (phase: string) => done.push(`phase ${phase}`) },
  };
  return migrate.run(facts as never, { tasks } as never, keeping);
}

beforeEach(() => {
  releases = [{ number: 2, commit: 'c0', record: { images: [{ image: 'old' }] } }];
  [done, kept, fails] = [[], [], undefined];
  [signal, forced] = [new AbortController(), new AbortController()];
});

describe('migrations', () => {
  it('are in the journal before they run, and with how they ended', async () => {
    const undo = ['down'];
    await run([{ task: task('schema', { undo }) }]);
    expect(done).toEqual(['phase migrate', 'Migrate: 1 task, schema', 'keep', 'run schema', 'keep']);
    const newImages = ['r/www@sha256:1'];
    const begun = { name: 'schema', job: 'gk-schema', as: 'account', undo, namespace: 'ns', newImages };
    expect(kept).toMatchObject([[begun], [{ ...begun, done: 'succeeded' }]]);
    expect(kept[0]?.[0]).not.toHaveProperty('done');
  });

  it('count images as new that an earlier release has had, and not the last one', async () => {
    releases.push({ number: 1, commit: 'c1', record: { images: [{ image: 'r/www@sha256:1' }] } });
    await run([{ task: task('schema', { undo: ['down'] }) }]);
    expect(kept[0]?.[0]?.newImages).toEqual(['r/www@sha256:1']);
    [kept, releases] = [[], releases.reverse()];
    signal = new AbortController();
    await run([{ task: task('schema', { undo: ['down'] }) }]);
    expect(kept[0]?.[0]?.newImages).toEqual([]);
  });

  it('are not ended by a cancel, which keeps the next one from its beginning', async () => {
    await expect(run([{ task: task('schema') }, { task: task('seed') }])).rejects.toMatchObject({
      reason: 'Cancelled',
    });
    expect(done.filter((one) => one.startsWith('run'))).toEqual(['run schema']);
  });

  it('do not begin when the cancel comes while the journal is written', async () => {
    const cancelling = async (entry: { tasks: Begun[] }) => {
      await keep(entry);
      signal.abort(new GitkubeError('Cancelled', 'cancelled'));
    };
    await expect(run([{ task: task('schema') }], cancelling)).rejects.toMatchObject({ reason: 'Cancelled' });
    expect(done.filter((one) => one.startsWith('run'))).toEqual([]);
    expect(kept.at(-1)?.[0]).not.toHaveProperty('done');
  });

  it('that fail are in the journal as failed', async () => {
    fails = 'schema';
    await expect(run([{ task: task('schema') }])).rejects.toMatchObject({ reason: 'TaskFailed' });
    expect(kept.at(-1)).toMatchObject([{ name: 'schema', done: 'failed' }]);
  });

  it('of which nobody knows the end are in the journal without one: their Jobs say it', async () => {
    await expect(run([{ task: task('lost') }])).rejects.toMatchObject({ reason: 'RestoreUnfinished' });
    expect(kept).toHaveLength(1);
    expect(kept.at(-1)?.[0]).not.toHaveProperty('done');
  });

  it('that are ended by force are in the journal as that', async () => {
    fails = 'schema';
    const running = run([{ task: task('schema') }]);
    forced.abort();
    await expect(running).rejects.toThrow();
    expect(kept.at(-1)).toMatchObject([{ name: 'schema', done: 'ended' }]);
  });

  it('that are skipped are in the release with why, and begin no phase', async () => {
    const added = await run([{ task: task('schema'), skipped: 'db as in the last release' }]);
    expect(added).toEqual({
      migrated: [{ name: 'schema', stage: 'Migrate', state: 'Skipped', why: 'db as in the last release' }],
      migrationJobs: [],
    });
    expect(done).toEqual([]);
  });
});

describe('the undo of migrations', () => {
  const begun: Begun = {
    ...{ name: 'schema', namespace: 'ns', job: 'gk-schema', done: 'succeeded', undo: ['down'] },
    workload: { kind: 'Deployment', name: 'www', container: 'app' },
  };
  const serving = { ...noTasks, newPodsLeft: async () => ['www-1'], find: () => Promise.reject(new Error('undone')) };
  const undo = (isLastTry: boolean) => {
    const options = { say: () => {}, remains: (what: string) => void done.push(what), timeoutSeconds: 60, isLastTry };
    return migrate.undo({ tasks: [begun] }, { tasks: serving } as never, options as never);
  };

  it('waits for another try while pods of the new version run, and then leaves them', async () => {
    await expect(undo(false)).rejects.toMatchObject({
      reason: 'RollbackFailed',
      message: 'www-1: pods of the new version still run, so no migration is undone',
    });
    await undo(true);
    expect(done).toEqual([
      'task schema has run, and is not undone, as pods of the new version still run: the database may be ahead of the code',
    ]);
  });
});
