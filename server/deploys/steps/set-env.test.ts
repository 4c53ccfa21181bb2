import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../../base/errors.ts';
import { type Logger, silentLogger } from '../../../base/log.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import { BareRepository } from '../../../test/support/bare-repository.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { EnvChange } from '../../env/env-change.ts';
import { type EnvData, envInWords } from '../../env/env-data.ts';
import { MemoryConfigs } from '../../env/testing/memory-configs.ts';
import type { Release, ReleaseRecord } from '../../git/release.ts';
import { Journal, readJournal } from '../journal.ts';
import { Phases } from '../phases.ts';
import { undoable } from '../pipeline.ts';
import { rollBack } from '../roll-back.ts';
import { type ChangeFacts, Steps } from '../run-steps.ts';
import type { Step } from '../step.ts';
import { prune } from './clean-up.ts';
import { planEnv } from './plan-env.ts';
import { setEnv } from './set-env.ts';

const secret = 'hunter2hunter2';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const remote = {
  ...{ id: 'ns/app', namespace: 'ns', name: 'app', uid: 'u1', rolloutTimeoutSeconds: 1 },
  env: { kind: 'Secret', name: 'web-env' },
} as unknown as Remote;
const setA = () => new EnvChange(new Map([['A', Buffer.from(secret)]]), ['B']);
const before = { A: base64('one'), B: base64('two') };
const after = { A: base64(secret) };

let bare: BareRepository;
let configs: MemoryConfigs;
let lines: string[];
let releases: Release[];

beforeEach(async () => {
  bare = await BareRepository.create();
  configs = new MemoryConfigs();
  configs.write('web-env', before);
  lines = [];
  releases = [];
});
afterEach(() => bare[Symbol.asyncDispose]());

interface Asked {
  readonly env?: EnvChange;
  /** The release to roll back to. */
  readonly to?: Release;
  readonly asked?: Remote;
  readonly log?: Logger;
  readonly trigger?: 'rollback' | 'watch';
  /** Remotes beside this one. */
  readonly others?: readonly Remote[];
}

function release(number: number, env?: ReleaseRecord['env']): Release {
  return { number, commit: `${number}`.repeat(40), record: { ...(env && { env }) } } as unknown as Release;
}

const recorded = (snapshot: string) => ({ kind: 'Secret', name: 'web-env', snapshot }) as const;

/** Plans and sets, and then does what comes after it. */
async function deploy(
  { env, to, asked = remote, log = silentLogger, trigger = 'rollback', others = [] }: Asked,
  then: Step<object, object>,
) {
  const mark = { commit: 'c', release: 5, pushedBy: 'a', cause: 'b' };
  const head = { id: 'p1', branch: 'main', commit: 'c', makesRelease: true, mark };
  const say = (line: string) => void lines.push(line);
  const facts = {
    ...{ id: 'p1', principal: { name: 'ada', fingerprint: 'mine' }, remote: asked, named: to, mark, log },
    trigger: { kind: trigger },
    repository: { releases: async () => releases, newestReleases: async () => releases },
    revision: { branch: 'main', ...(env && { env, again: 'env' }) },
    journal: new Journal(bare.repository.folder, head),
    output: { say },
    phases: new Phases(new ManualClock()),
    signal: new AbortController().signal,
  } as unknown as ChangeFacts;
  const remotes = { all: () => [asked, ...others] };
  const context = { env: configs.store(), deployer: {}, applier: {}, log, remotes };
  // biome-ignore lint/suspicious/noExplicitAny: the steps of a deploy that matter here
  const steps: Steps<ChangeFacts, any, any> = Steps.from<ChangeFacts>();
  return steps
    .add(planEnv)
    .add(setEnv)
    .add(then)
    .execute(facts, context as never);
}

const nothing: Step<object, object> = { name: 'nothing', run: async () => ({}) };
const fails: Step<object, object> = {
  name: 'fails',
  run: async () => {
    expect(configs.data('web-env')).toEqual(after);
    throw new GitkubeError('ContainerCrashed', 'it crashed');
  },
};
const crash: Step<object, object> = {
  name: 'crash',
  run: () => {
    configs.isDown = true;
    return Promise.reject(new Error('never undone'));
  },
};

/** What the next start does with what is in the journal. */
async function undoAgain(): Promise<unknown> {
  const entry = await readJournal(bare.repository.folder);
  if (!entry) throw new Error('there is a journal');
  const context = { env: configs.store(), deployer: {}, applier: {} } as never;
  const say = (line: string) => void lines.push(line);
  const options = { say, remains: say, timeoutSeconds: 1 };
  return rollBack(undoable, context, entry, options).catch((error) => error);
}

describe('a change of the env', () => {
  it('is kept in snapshots that are created first, and is recorded', async () => {
    const facts = await deploy({ env: setA() }, nothing);
    expect(configs.asked).toEqual([
      'create gitkube-env-app-5-p1-before',
      'create gitkube-env-app-5-p1',
      'patch web-env',
    ]);
    expect(configs.data('web-env')).toEqual(after);
    expect(facts).toMatchObject({
      recordedEnv: { ...recorded('gitkube-env-app-5-p1'), before: 'gitkube-env-app-5-p1-before' },
      envHasChanged: true,
      keptEnv: 'gitkube-env-app-5-p1-before',
    });
    expect(lines).toEqual(['env: A changed; B removed']);
  });

  it('of which the release is final keeps what was in no release', async () => {
    await deploy({ env: setA() }, nothing);
    const journal = await readJournal(bare.repository.folder);
    await prune({ applier: {} as never }, journal as never, () => {});
    expect(configs.data('gitkube-env-app-5-p1-before')).toEqual(before);
  });

  it('uses the snapshot of the release before, where that has what it was', async () => {
    configs.write('known', before);
    releases = [release(4, recorded('known'))];
    const facts = await deploy({ env: setA() }, nothing);
    expect(facts).toMatchObject({ recordedEnv: { before: 'known' }, keptEnv: undefined });
  });

  it('is undone when what comes after it fails, and twice does no harm', async () => {
    await expect(deploy({ env: setA() }, fails)).rejects.toMatchObject({ message: 'it crashed' });
    expect([configs.data('web-env'), configs.names()]).toEqual([before, ['web-env']]);
  });

  it.each(['create gitkube-env-app-5-p1-before', 'create gitkube-env-app-5-p1', 'patch web-env', 'nothing at all'])(
    'that is cut off before %s is undone by the next start',
    async (what) => {
      configs.before = (asked) => {
        if (asked !== what) return;
        configs.isDown = true;
        throw new Error('killed');
      };
      await deploy({ env: setA() }, crash).catch(() => {});
      configs.isDown = false;
      configs.before = () => {};
      for (let times = 0; times < 2; times++) {
        expect(await undoAgain()).toBeUndefined();
        expect([configs.data('web-env'), configs.names()]).toEqual([before, ['web-env']]);
      }
    },
  );

  it('that somebody else was faster with is refused, and theirs stays', async () => {
    const theirs = { A: base64('theirs') };
    configs.before = (asked) => {
      if (asked.startsWith('patch')) configs.write('web-env', theirs);
    };
    const error = { reason: 'ObjectChanged', hint: ['type it again: nothing has changed'] };
    await expect(deploy({ env: setA() }, nothing)).rejects.toMatchObject(error);
    expect([configs.data('web-env'), configs.names()]).toEqual([theirs, ['web-env']]);
  });

  it('whose answer was lost has happened once', async () => {
    let isLost = true;
    configs.before = (asked) => {
      if (!asked.startsWith('patch') || !isLost) return;
      isLost = false;
      configs.write('web-env', after);
      throw new GitkubeError('ClusterUnavailable', 'no answer');
    };
    expect(await deploy({ env: setA() }, nothing)).toMatchObject({ envHasChanged: true });
    expect(configs.data('web-env')).toEqual(after);
  });

  it('is undone but for what somebody else has set since', async () => {
    const other: Step<object, object> = {
      name: 'other',
      run: async () => {
        configs.write('web-env', { A: base64('theirs'), C: base64('new') });
        throw new GitkubeError('ContainerCrashed', 'it crashed');
      },
    };
    await expect(deploy({ env: setA() }, other)).rejects.toMatchObject({ message: 'it crashed' });
    expect(configs.data('web-env')).toEqual({ A: base64('theirs'), B: base64('two'), C: base64('new') });
    expect(lines).toContain('env: somebody else has changed A since, that stays');
  });

  it('whose snapshot somebody has deleted says what cannot be restored', async () => {
    await deploy({ env: setA() }, nothing);
    configs.objects.delete('gitkube-env-app-5-p1-before');
    expect(await undoAgain()).toMatchObject({
      reason: 'RollbackFailed',
      message: expect.stringContaining('Secret web-env could not be restored'),
    });
  });

  it.each([
    ['before', { A: base64('theirs') }],
    ['after', { A: base64('theirs') }],
  ])('of which the snapshot of %s is gone, and which somebody has changed, deletes nothing', async (which, theirs) => {
    await deploy({ env: setA() }, nothing);
    const gone = which === 'before' ? 'gitkube-env-app-5-p1-before' : 'gitkube-env-app-5-p1';
    configs.objects.delete(gone);
    if (which === 'after') configs.write('web-env', theirs);
    const left = configs.names();
    expect(await undoAgain()).toMatchObject({ reason: 'RollbackFailed', message: expect.stringContaining(gone) });
    expect(configs.names()).toEqual(left);
  });

  it('is undone also when its snapshots cannot be deleted', async () => {
    configs.before = (asked) => {
      if (asked.startsWith('delete')) throw new GitkubeError('ClusterForbidden', 'no right to delete');
    };
    await expect(deploy({ env: setA() }, fails)).rejects.toMatchObject({ message: 'it crashed' });
    expect([configs.data('web-env'), await readJournal(bare.repository.folder)]).toEqual([before, undefined]);
  });

  it('whose answer was lost, and that somebody else has changed since, is undone by name', async () => {
    let isLost = true;
    configs.before = (asked) => {
      if (!asked.startsWith('patch') || !isLost) return;
      isLost = false;
      configs.write('web-env', { ...after, C: base64('theirs') });
      throw new GitkubeError('ClusterUnavailable', 'no answer');
    };
    await expect(deploy({ env: setA() }, nothing)).rejects.toMatchObject({ reason: 'ObjectChanged' });
    expect(configs.data('web-env')).toEqual({ ...before, C: base64('theirs') });
  });

  it('leaves no value in the journal, the log and the output', async () => {
    const logged: unknown[] = [];
    const log = { ...silentLogger, info: (...all: unknown[]) => logged.push(all) } as unknown as Logger;
    await deploy({ env: setA(), log }, nothing);
    const journal = await readFile(join(bare.repository.folder, 'gitkube-deploying.json'), 'utf8');
    expect(logged).toMatchObject([[{ by: 'ada', key: 'mine', change: 'A changed; B removed' }, 'env was changed']]);
    for (const text of [journal, JSON.stringify(logged), lines.join(), JSON.stringify(setA())]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(base64(secret));
    }
  });
});

describe('any other deploy', () => {
  it('changes nothing, and records a snapshot of what is there', async () => {
    expect(await deploy({}, nothing)).toMatchObject({
      recordedEnv: recorded('gitkube-env-app-5-p1'),
      envHasChanged: false,
    });
    expect(configs.asked).toEqual(['create gitkube-env-app-5-p1']);
    expect(configs.data('gitkube-env-app-5-p1')).toEqual(before);
  });

  it('records the snapshot of the release before when that is the same', async () => {
    configs.write('known', before);
    releases = [release(4, recorded('known'))];
    expect(await deploy({}, nothing)).toMatchObject({ recordedEnv: recorded('known') });
    expect([configs.asked, await readJournal(bare.repository.folder)]).toEqual([[], undefined]);
  });

  it('records none where no snapshot can be created, and goes on', async () => {
    configs.before = () => {
      throw new GitkubeError('ClusterForbidden', 'no right to create');
    };
    expect(await deploy({}, nothing)).toMatchObject({ recordedEnv: undefined, envHasChanged: false });
    expect(lines).toEqual(['env: not recorded with this release: no right to create']);
  });

  it.each([
    ['the Secret does not exist', remote, true],
    ['the Remote names none', { ...remote, env: undefined } as unknown as Remote, false],
  ])('records none where %s', async (_, asked, isGone) => {
    if (isGone) configs.objects.clear();
    expect(await deploy({ asked }, nothing)).toMatchObject({ recordedEnv: undefined, envHasChanged: false });
  });
});

describe('a rollback', () => {
  it('restores what its release ran with, and says which names', async () => {
    configs.write('old', after);
    const facts = await deploy({ to: release(2, recorded('old')) }, nothing);
    expect(lines).toEqual(['env: 2 names as in releases/2: A changed; B removed']);
    expect(configs.data('web-env')).toEqual(after);
    expect(facts).toMatchObject({ recordedEnv: recorded('old'), envHasChanged: true });
  });

  it('says that it replaces what somebody has changed by hand', async () => {
    configs.write('old', after);
    configs.write('known', { ...before, A: base64('other') });
    releases = [release(4, recorded('known'))];
    await deploy({ to: release(2, recorded('old')) }, nothing);
    expect(lines[1]).toBe('env: somebody else has changed it since releases/4, that is replaced: A changed');
  });

  it('to a release from before there was any restores what the next change has replaced', async () => {
    configs.write('web-env', after);
    configs.write('was', before);
    configs.write('set', after);
    const change = { ...recorded('set'), before: 'was' };
    releases = [release(4, recorded('set')), release(3, change), release(2)];
    expect(await deploy({ to: release(2) }, nothing)).toMatchObject({
      recordedEnv: { ...recorded('was'), before: 'set' },
    });
    expect(configs.data('web-env')).toEqual(before);
    expect(lines).toEqual(['env: 2 names as in releases/2: B added; A changed']);
  });

  it('to a release of which no later one knows it leaves it', async () => {
    releases = [release(4), release(2)];
    await deploy({ to: release(2) }, nothing);
    expect(configs.data('web-env')).toEqual(before);
    expect(lines).toEqual(['env: Secret web-env stays as it is, releases/2 and those after it recorded none']);
  });

  it('that changes nothing records the snapshot of its release', async () => {
    configs.write('old', before);
    configs.write('other', after);
    releases = [release(4, recorded('other')), release(2, recorded('old'))];
    expect(await deploy({ to: release(2, recorded('old')) }, nothing)).toMatchObject({ recordedEnv: recorded('old') });
    expect(configs.asked).toEqual([]);
  });

  it.each([
    ['equal', before, { A: base64('by hand'), B: base64('two') }],
    ['different', { ...before, B: base64('set') }, { A: base64('by hand'), B: base64('two') }],
  ])(
    'of a watched release, %s to the one before, leaves what somebody has changed by hand',
    async (_, left, expected) => {
      configs.write('old', before);
      configs.write('left', left);
      configs.write('web-env', { ...left, A: base64('by hand') });
      releases = [release(4, recorded('left')), release(2, recorded('old'))];
      await deploy({ to: release(2, recorded('old')), trigger: 'watch' }, nothing);
      expect(configs.data('web-env')).toEqual(expected);
    },
  );

  it('that fails leaves the snapshot of its release', async () => {
    configs.write('old', after);
    await expect(deploy({ to: release(2, recorded('old')) }, fails)).rejects.toMatchObject({ message: 'it crashed' });
    expect([configs.data('web-env'), configs.names()]).toEqual([before, ['web-env', 'old']]);
  });

  it('to a release whose snapshot is gone is refused before anything changes', async () => {
    await expect(deploy({ to: release(2, recorded('gone')) }, nothing)).rejects.toMatchObject({
      reason: 'ReleaseUnusable',
      message: 'the env of releases/2 is gone: there is no Secret gone',
      hint: [
        `run its images with the env of now: git push -f ssh://git@<host>:<port>/<namespace>/<name> ${'2'.repeat(40)}:refs/heads/main`,
      ],
    });
    expect(configs.asked).toEqual([]);
  });

  it('to a release that ran with another Secret leaves this one', async () => {
    const other = { ...recorded('old'), name: 'other' };
    await deploy({ to: release(2, other) }, nothing);
    expect(lines).toEqual(['env: Secret web-env stays as it is, releases/2 ran with Secret other']);
    expect(configs.data('web-env')).toEqual(before);
  });
});

describe('a Secret that another Remote names, too', () => {
  const others = [{ ...remote, id: 'ns/other', name: 'other' } as Remote];

  it('is not changed', async () => {
    await expect(deploy({ env: setA(), others }, nothing)).rejects.toMatchObject({
      reason: 'EnvUnusable',
      message: 'Secret web-env is the env of ns/other, too: a change would reach its pods',
      hint: ['name another one in spec.env of one of both: kubectl -n ns create secret generic <name>'],
    });
    expect(configs.asked).toEqual([]);
  });

  it('stays as it is in a rollback, and releases record it', async () => {
    configs.write('old', after);
    expect(await deploy({ to: release(2, recorded('old')), others }, nothing)).toMatchObject({
      recordedEnv: recorded('gitkube-env-app-5-p1'),
      envHasChanged: false,
    });
    expect(lines).toEqual(['env: Secret web-env stays as it is, it is the env of ns/other, too']);
    expect(configs.data('web-env')).toEqual(before);
  });

  it.each([
    ['of another namespace', { namespace: 'elsewhere' }],
    ['that is a ConfigMap', { env: { kind: 'ConfigMap', name: 'web-env' } }],
    ['of another name', { env: { kind: 'Secret', name: 'other-env' } }],
  ])('is changed where that is one %s', async (_, change) => {
    const [other] = others;
    await deploy({ env: setA(), others: [{ ...other, ...change } as Remote] }, nothing);
    expect(configs.data('web-env')).toEqual(after);
  });
});

it('an immutable Secret, or none, is refused before anything changes', async () => {
  configs.write('web-env', before, true);
  await expect(deploy({ env: setA() }, nothing)).rejects.toMatchObject({
    message: expect.stringContaining('immutable'),
  });
  configs.objects.clear();
  await expect(deploy({ env: setA() }, nothing)).rejects.toMatchObject({
    message: 'Secret web-env does not exist in namespace ns',
    hint: ['kubectl -n ns create secret generic web-env'],
  });
  expect(configs.asked).toEqual([]);
});

it.each([
  ['a Secret of another type', 'web-env', 'kubernetes.io/service-account-token'],
  ['a snapshot', 'gitkube-env-app-4-p0', 'Opaque'],
  ['the host key of the server', 'gitkube-host-key', 'Opaque'],
])('%s is refused as spec.env, and no release records it', async (_, name, type) => {
  configs.write(name, before, false, type);
  const asked = { ...remote, env: { kind: 'Secret', name } } as unknown as Remote;
  await expect(deploy({ env: setA(), asked }, nothing)).rejects.toMatchObject({
    reason: 'EnvUnusable',
    message: expect.stringMatching(`^Secret ${name} cannot be the env`),
  });
  expect(await deploy({ asked }, nothing)).toMatchObject({ recordedEnv: undefined });
  expect(configs.asked).toEqual([]);
});

it('many names are counted', () => {
  const names = Array.from({ length: 10 }, (_, n) => `N${n}`);
  expect(envInWords({ added: names, changed: [], removed: [] })).toBe(
    `${names.slice(0, 8).join(', ')} and 2 more added`,
  );
  const data: EnvData = new Map([['__proto__', 'x']]);
  expect(new EnvChange(new Map([['__proto__', Buffer.from('y')]])).applyTo(data, 'ConfigMap')).toEqual(
    new Map([['__proto__', 'y']]),
  );
});
