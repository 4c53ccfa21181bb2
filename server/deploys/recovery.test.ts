import { mkdir, readdir, rmdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { silentLogger } from '../../base/log.ts';
import type { RemoteEntry } from '../../remote-crd/index.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { MemoryConfigs } from '../env/testing/memory-configs.ts';
import { noTasks } from '../tasks/testing/no-tasks.ts';
import type { UndoParts } from '../tasks/undo-migrations.ts';
import { environmentOf } from './environment.ts';
import type { DeployEvent } from './events.ts';
import { readJournal, writeJournal } from './journal.ts';
import { PushQueue } from './queue.ts';
import { startRecovery } from './recovery.ts';
import { notePush, type PushNote, readPushNotes } from './under-way-note.ts';

const entry = { id: 'ns/app', namespace: 'ns', name: 'app', uid: 'u1' } as RemoteEntry;

let bare: BareRepository;
let queue: PushQueue;
let reported: string[];
let restore: () => Promise<void>;
/** Of the server that serves the namespace; empty: this one. */
let holder: string | undefined;
let decided: () => Promise<boolean>;
/** Whether the API server takes the status of the Remote. */
let isWritten: boolean;
let unreported: (() => Promise<void>)[];
let clearing: Promise<void>[];
let remotes: { entry: (id: string) => RemoteEntry | undefined };

beforeEach(async () => {
  bare = await BareRepository.create();
  queue = new PushQueue(1);
  reported = [];
  restore = async () => {};
  holder = '';
  decided = async () => true;
  isWritten = true;
  unreported = [];
  clearing = [];
  remotes = { entry: () => entry };
});
afterEach(() => bare[Symbol.asyncDispose]());

function start(tasks: UndoParts = noTasks): Promise<AsyncDisposable> {
  const events = new Bus<DeployEvent>(silentLogger);
  events.on('deployStarted', ({ deploy }) => reported.push(`started by ${deploy.by}`));
  events.on('deployFinished', ({ outcome }) =>
    reported.push(outcome.kind === 'failed' ? `${outcome.error.reason}: ${outcome.error.message}` : outcome.kind),
  );
  return startRecovery({
    deployer: { restore: () => restore(), waitUntilRestored: async () => {} },
    applier: { restore: async () => [], prune: async () => {} },
    env: new MemoryConfigs().store(),
    tasks,
    clock: new ManualClock(),
    log: silentLogger,
    repositories: { all: async () => [entry], open: async () => bare.repository },
    remotes,
    ownership: { refusal: () => (holder === '' ? undefined : { holder }), decided: () => decided() },
    queue,
    events,
    onceReported: (_, work) => void (isWritten ? clearing.push(work()) : unreported.push(work)),
  });
}

const idle = async () => {
  await vi.waitFor(() => expect(queue.isBusy(environmentOf(entry))).toBe(false), { timeout: 20_000 });
  await Promise.all(clearing);
};
const note = (more: Partial<PushNote> = {}) =>
  notePush(bare.repository.path, { id: 'p1', branch: 'main', commit: bare.next, by: 'alice', release: 1, ...more });
const noteWaiting = (id: string) =>
  notePush(bare.repository.path, { id, branch: 'main', commit: bare.next, by: id, waits: true });

const rolledOut = [{ step: 'roll-out-workloads', data: { snapshots: [], expected: {} } as object }];

async function journal(current = bare.old, steps = rolledOut, makesRelease = current !== bare.next): Promise<void> {
  const mark = { commit: bare.next, release: 1, pushedBy: 'alice', cause: 'b' };
  const facts = { id: 'p1', branch: 'main', commit: bare.next, mark, steps };
  await writeJournal(bare.repository.path, { ...facts, current, makesRelease });
}

async function release(): Promise<void> {
  using pending = bare.repository.beginRelease();
  await bare.repository.commitRelease(pending, bare.record(), bare.old);
}

it('without a push that was cut off nothing is reported, and no push waits', async () => {
  await using _recovery = await start();
  expect(queue.isBusy(environmentOf(entry))).toBe(false);
  expect(reported).toEqual([]);
});

it('what was cut off in an environment is found there, and no other one waits for it', async () => {
  const qa = await bare.repository.of('qa');
  const staging = { ...entry, id: 'ns/app/qa', environment: 'qa' };
  remotes = { entry: (id) => (id === 'ns/app/qa' ? staging : entry) };
  await notePush(qa.folder, { id: 'p1', branch: 'qa', commit: bare.next, by: 'alice', release: 1 });
  const mark = { commit: bare.next, release: 1, pushedBy: 'alice', cause: 'b' };
  const facts = { id: 'p1', branch: 'qa', commit: bare.next, mark, steps: rolledOut };
  await writeJournal(qa.folder, { ...facts, current: bare.old, makesRelease: true });
  const restored = Promise.withResolvers<void>();
  restore = () => restored.promise;
  await using _recovery = await start();
  expect(queue.isBusy(environmentOf(entry))).toBe(false);
  expect(queue.isBusy(environmentOf(staging))).toBe(true);
  restored.resolve();
  await vi.waitFor(() => expect(queue.isBusy(environmentOf(staging))).toBe(false), { timeout: 20_000 });
  await Promise.all(clearing);
  expect(reported.at(-1)).toBe('PushCutOff: the server stopped during this push; the previous version is running');
  expect(await readJournal(qa.folder)).toBeUndefined();
  expect(await readPushNotes(qa.folder)).toEqual([]);
});

it('what was cut off is reported again by the next start while no status has it', async () => {
  isWritten = false;
  await note();
  const recovery = await start();
  await idle();
  expect(reported).toHaveLength(2);
  await recovery[Symbol.asyncDispose]();
  await using _next = await start();
  await idle();
  expect(reported).toHaveLength(4);
  expect(await readPushNotes(bare.repository.path)).toHaveLength(1);
  for (const clear of unreported) await clear();
  expect(await readPushNotes(bare.repository.path)).toEqual([]);
});

it.each([
  [{ kind: 'failed', reason: 'BuildFailed', message: 'COPY failed' }, 'BuildFailed: COPY failed'],
  [{ kind: 'built' }, 'built'],
  [{ kind: 'unchanged' }, 'unchanged'],
  [{ kind: 'checked' }, 'checked'],
] as const)('a push that had ended is reported with its outcome: %j', async (ended, expected) => {
  await note({ ended });
  await using _recovery = await start();
  await idle();
  expect(reported).toEqual([expected]);
  expect(await readPushNotes(bare.repository.path)).toEqual([]);
});

it('pushes that had ended are reported in their order, and before the one that was cut off', async () => {
  for (const [at, message] of ['first', 'second'].entries()) {
    await notePush(bare.repository.path, {
      ...{ id: message, branch: 'main', commit: bare.next, by: 'bob', release: 1 },
      ended: { kind: 'failed', reason: 'BuildFailed', message },
    });
    await utimes(join(bare.repository.path, `gitkube-push-${message}.json`), at, at);
  }
  await note();
  await using _recovery = await start();
  await idle();
  expect(reported.slice(0, 3)).toEqual(['BuildFailed: first', 'BuildFailed: second', 'started by alice']);
  expect(reported[3]).toContain('PushCutOff');
});

it('a push that had failed and could not be undone is reported with its failure once it is', async () => {
  await note({ ended: { kind: 'failed', reason: 'RollbackFailed', message: 'it crashed; www: no answer' } });
  await journal();
  await using _recovery = await start();
  await idle();
  expect(reported).toEqual([
    'started by alice',
    'RollbackFailed: it crashed; www: no answer; by now the previous version is running',
  ]);
});

it('the note of an older version is read, and deleted once its push is reported', async () => {
  const old = { id: 'p1', branch: 'main', commit: bare.next, by: 'alice', release: 1 };
  await writeFile(join(bare.repository.path, 'gitkube-push.json'), JSON.stringify(old));
  await using _recovery = await start();
  await idle();
  expect(reported[1]).toContain('PushCutOff: the server stopped during this push');
  expect((await readdir(bare.repository.path)).filter((name) => name.startsWith('gitkube-push'))).toEqual([]);
});

it('a Remote that another server serves by now is left alone', async () => {
  holder = 'other';
  await note();
  await journal();
  await using _recovery = await start();
  expect(queue.isBusy(environmentOf(entry))).toBe(false);
  expect(reported).toEqual([]);
  expect(await readPushNotes(bare.repository.path)).toHaveLength(1);
});

it.each([true, false])(
  'nothing is restored before it is known who serves the namespace (this server: %s)',
  async (ours) => {
    const known = Promise.withResolvers<boolean>();
    const restored: string[] = [];
    restore = async () => void restored.push('restored');
    [holder, decided] = [undefined, () => known.promise];
    await note();
    await journal();
    await using _recovery = await start();
    for (let turn = 0; turn < 50; turn++) await bare.repository.releases();
    expect([queue.isBusy(environmentOf(entry)), ...reported, ...restored]).toEqual([true]);
    known.resolve(ours);
    await idle();
    expect(restored).toHaveLength(ours ? 1 : 0);
    expect(await readPushNotes(bare.repository.path)).toHaveLength(ours ? 0 : 1);
  },
);

it('a push that was cut off before its rollout is reported as failed, once', async () => {
  await note();
  await using _recovery = await start();
  await idle();
  const message = 'PushCutOff: the server stopped during this push, before it changed anything';
  expect(reported).toEqual(['started by alice', message]);
  expect(await readPushNotes(bare.repository.path)).toEqual([]);
  await using _again = await start();
  expect(reported).toHaveLength(2);
});

it.each([true, false])(
  'pushes that waited are reported before the one that had its turn (there: %s)',
  async (there) => {
    if (there) await note();
    await noteWaiting('p2');
    await using _recovery = await start();
    await idle();
    const waited = 'PushCutOff: the server stopped during this push, before its turn came';
    expect(reported[0]).toBe(waited);
    expect(reported).toHaveLength(there ? 3 : 1);
    expect(await readPushNotes(bare.repository.path)).toEqual([]);
  },
);

it('a push whose release no status has yet is reported before the later one that had its turn', async () => {
  await note();
  await release();
  await note({ id: 'p2', by: 'bob', release: 2, commit: bare.next });
  await using _recovery = await start();
  await idle();
  expect(reported).toEqual([
    'released',
    'started by bob',
    'PushCutOff: the server stopped during this push, before it changed anything',
  ]);
  expect(await readPushNotes(bare.repository.path)).toEqual([]);
});

it('a push that waits for the recovery keeps its note', async () => {
  const restoring = Promise.withResolvers<void>();
  restore = () => restoring.promise;
  await note();
  await journal();
  await using _recovery = await start();
  await noteWaiting('p3');
  restoring.resolve();
  await idle();
  expect(await readPushNotes(bare.repository.path)).toMatchObject([{ id: 'p3' }]);
});

it('a push of an older time than the newest release is not reported any more', async () => {
  await note();
  await release();
  await bare.git('tag', '-m', 'x', 'releases/2', bare.next);
  await notePush(bare.repository.path, { id: 'p0', branch: 'main', commit: bare.old, by: 'bob', release: 1 });
  bare.repository.forgetHistory();
  await using _recovery = await start();
  await idle();
  expect(reported).toEqual(['started by alice', 'released']);
  expect(await readPushNotes(bare.repository.path)).toEqual([]);
});

it('a rollout that was cut off is undone although the note of its push cannot be read', async () => {
  await mkdir(join(bare.repository.path, 'gitkube-push-p9.json'));
  await journal();
  await using _recovery = await start();
  await idle();
  expect(reported[1]).toContain('the previous version is running');
});

it('a note that cannot be read is an error, and one that was cut off while it was written is ignored', async () => {
  await mkdir(join(bare.repository.path, 'gitkube-push-p9.json'));
  await expect(readPushNotes(bare.repository.path)).rejects.toMatchObject({ code: 'EISDIR' });
  await rmdir(join(bare.repository.path, 'gitkube-push-p9.json'));
  await writeFile(join(bare.repository.path, 'gitkube-push-p9.json'), '{"id":');
  expect(await readPushNotes(bare.repository.path)).toEqual([]);
});

it.each([true, false])('a push that was cut off in its rollout is reported as failed (noted: %s)', async (noted) => {
  if (noted) await note();
  await journal();
  await using _recovery = await start();
  await idle();
  expect(reported[1]).toContain('PushCutOff: the server stopped during this push; the previous version is running');
});

it.each([true, false])(
  'a push that was cut off after its release is reported as released (journal: %s)',
  async (kept) => {
    await note();
    if (kept) await journal();
    await release();
    await using _recovery = await start();
    await idle();
    expect(reported).toEqual(['started by alice', 'released']);
  },
);

it('what cannot be restored is reported with that reason, and the Remote takes its next push', async () => {
  await note();
  await journal();
  restore = async () => {
    throw new Error('no');
  };
  await using _recovery = await start();
  await idle();
  expect(reported[1]).toMatch(/^Internal: /);
});

it('a repair of drift that was cut off is undone, and is no push', async () => {
  await journal(bare.next);
  await using _recovery = await start();
  await idle();
  expect(reported).toEqual([]);
});

it('nothing is reported to a Remote that is gone, or to another one of its name', async () => {
  await bare.repository.setOwner('u0');
  await note();
  await using _recovery = await start();
  await idle();
  expect(reported).toEqual([]);
});

it('a Remote that is slow to restore delays only its own pushes, and a server that stops does not wait for it', async () => {
  const restoring = Promise.withResolvers<void>();
  restore = () => new Promise(() => restoring.resolve());
  await note();
  await journal();
  const recovery = await start();
  await restoring.promise;
  const waits: string[] = [];
  const push = { branch: 'main', deploys: true, label: '2', onWait: (why: string) => waits.push(why) };
  const abort = new AbortController();
  const own = queue.enter({ ...push, environment: environmentOf(entry), signal: abort.signal });
  expect(waits).toEqual([
    `waiting for what the last server left to be completed or rolled back: main ${bare.next.slice(0, 7)} by alice`,
  ]);
  (
    await queue.enter({ ...push, environment: environmentOf({ namespace: 'ns', uid: 'other' }), signal: abort.signal })
  )();
  abort.abort(new Error('over'));
  await expect(own).rejects.toThrow('over');
  await recovery[Symbol.asyncDispose]();
  expect(reported).toEqual(['started by alice']);
  expect(await readPushNotes(bare.repository.path)).toMatchObject([{ id: 'p1' }]);
});

it('a push that waits for a migration which the last server began reads what it waits for', async () => {
  const workload = { kind: 'Deployment', name: 'www', container: 'www' };
  await note();
  await journal(bare.old, [
    { step: 'migrate', data: { tasks: [{ name: 'schema', namespace: 'ns', job: 'gk-schema', uid: 'j1', workload }] } },
  ]);
  const entered = Promise.withResolvers<void>();
  const waitForEnd: UndoParts['await'] = async (_migration, _ref, _job, { say, print }) => {
    await entered.promise;
    say('waiting for the end of task schema, for 10 s so far');
    print?.('a secret');
    return new Promise(() => {});
  };
  await using _recovery = await start({ ...noTasks, find: async () => ({}), await: waitForEnd });
  const abort = new AbortController();
  const waits: string[] = [];
  const push = { branch: 'main', deploys: true, label: '2', onWait: (why: string) => waits.push(why) };
  const own = queue.enter({ ...push, environment: environmentOf(entry), signal: abort.signal });
  entered.resolve();
  await vi.waitFor(() => expect(waits.slice(1)).toEqual(['waiting for the end of task schema, for 10 s so far']));
  abort.abort(new Error('over'));
  await expect(own).rejects.toThrow('over');
});

it('a task alone that was cut off is no rollout', async () => {
  await note();
  const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
  const task = { name: 'schema', namespace: 'ns', job: 'gk-schema', uid: 'j1', workload };
  await journal(bare.old, [{ step: 'run-task', data: { stage: 'Migrate', task } }], false);
  await using _recovery = await start({ ...noTasks, find: async () => undefined });
  await idle();
  const what = 'the server stopped while this task ran; task schema may have run, its Job is gone';
  expect(reported[1]).toBe(`PushCutOff: ${what}`);
});

it('a task alone that its server has reported as unfinished is none either: nothing was undone', async () => {
  await note({ ended: { kind: 'failed', reason: 'RestoreUnfinished', message: 'task schema still runs' } });
  const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
  const task = { name: 'schema', namespace: 'ns', job: 'gk-schema', uid: 'j1', workload };
  await journal(bare.old, [{ step: 'run-task', data: { stage: 'Migrate', task } }], false);
  await using _recovery = await start({ ...noTasks, find: async () => undefined });
  await idle();
  expect(reported[1]).toMatch(/^PushCutOff: the server stopped while this task ran; task schema may have run/);
});

it('a task alone that had ended stays what it was reported as', async () => {
  await note({ ended: { kind: 'failed', reason: 'TaskFailed', message: 'task schema failed with exit code 3' } });
  const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
  const task = { name: 'schema', namespace: 'ns', job: 'gk-schema', uid: 'j1', workload, done: 'failed' };
  await journal(bare.old, [{ step: 'run-task', data: { stage: 'Migrate', task } }], false);
  await using _recovery = await start();
  await idle();
  expect(reported[1]).toMatch(/^TaskFailed: task schema failed with exit code 3/);
});
