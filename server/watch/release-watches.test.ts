import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { GitkubeError, shuttingDown } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { remoteUrl } from '../../base/server-hints.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { WatchEnd } from '../../deployer/index.ts';
import type { WatchRequest } from '../../deployer/watch/watch-release.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { BareRepository } from '../../test/support/bare-repository.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { DeployContext } from '../deploys/context.ts';
import { environmentOf } from '../deploys/environment.ts';
import { PushQueue } from '../deploys/queue.ts';
import type { Release } from '../git/release.ts';
import type { ServerEvent } from '../server-event.ts';
import { noteFailure } from './failure-note.ts';
import type { WatchFinding } from './finding.ts';
import { ReleaseWatches } from './release-watches.ts';
import { noteUnwatched } from './unwatched-note.ts';

const crash = new GitkubeError('ContainerCrashed', 'www: container app exited with code 3', { evidence: ['boom'] });
const known = { id: 'ns/app', namespace: 'ns', name: 'app', environment: '', uid: 'u1' };

let bare: BareRepository;
let clock: ManualClock;
let queue: PushQueue;
let bus: Bus<ServerEvent>;
let watchSeconds: number;
/** The condition Watched of the Remote, as it was written last. */
let condition: string;
/** The namespace of the Remote is served by another server. */
let isElsewhere: boolean;
let change: () => void;
let found: WatchFinding[];
/** What the deployer was asked to watch. */
let asked: WatchRequest[];
/** How many returns were asked for. */
let returns: number;
let pods: PromiseWithResolvers<WatchEnd>;
let watches: ReleaseWatches;

beforeEach(async () => {
  bare = await BareRepository.create();
  clock = new ManualClock({ now: Date.UTC(2026, 0, 1) });
  queue = new PushQueue(1);
  bus = new Bus(silentLogger);
  watchSeconds = 60;
  condition = 'Watching';
  isElsewhere = false;
  returns = 0;
  found = [];
  asked = [];
  pods = Promise.withResolvers();
  bus.on('releaseWatched', ({ finding }) => found.push(finding));
  watches = makeWatches();
});
afterEach(async () => {
  await watches[Symbol.asyncDispose]();
  await bare[Symbol.asyncDispose]();
});

function makeWatches(): ReleaseWatches {
  const status = () => ({ conditions: [{ type: 'Watched', status: 'Unknown', reason: condition, message: '' }] });
  const entry = () => ({
    ...known,
    remote: isElsewhere ? undefined : ({ ...known, watchSeconds } as Remote),
    ...(isElsewhere && { elsewhere: {} }),
    status: status(),
  });
  const deployer = {
    watch: (request: WatchRequest) => {
      asked.push(request);
      return untilAborted(pods.promise, request.signal);
    },
  };
  const repositories = { findOf: async () => bare.repository };
  const context = {
    deployer,
    repositories,
    queue,
    clock,
    urlForm: () => remoteUrl(),
    remotes: { all: () => [] },
    log: silentLogger,
  } as unknown as DeployContext;
  const onChange = (listener: (change: object) => void) => {
    change = () => listener({ id: known.id, entry: entry() });
    return () => {};
  };
  const remotes = { entries: () => [entry()], all: () => [], entry, onChange } as never;
  // No return goes further than this: it is a deploy, and has its own tests.
  const requireOpen = () => {
    returns++;
    throw shuttingDown();
  };
  return new ReleaseWatches({ context, remotes, events: bus, underWay: { requireOpen, add: () => {} } });
}

function makeRelease(number: number, how = 'push'): Release {
  return { number, commit: 'c0ffee', record: bare.record({ release: number, how }) };
}

function released(release: Release, ...before: Release[]): void {
  const deploy = { id: 'd1', remote: known, branch: 'main', commit: 'c0ffee', by: 'ada' };
  bus.emit({ kind: 'deployFinished', deploy, outcome: { kind: 'released', release, releases: [release, ...before] } });
}

/** Two releases in the repository, the second one just now. */
async function releaseTwice(): Promise<void> {
  const at = new Date(clock.now()).toISOString();
  for (const [release, oldOid] of [
    [1, bare.old],
    [2, bare.next],
  ] as const) {
    using pending = await bare.repository.beginRelease();
    await bare.repository.commitRelease(pending, bare.record({ release, at }), oldOid);
  }
}

/** The next server, until it has looked at what the one before has left. */
async function startAgain(): Promise<void> {
  await watches[Symbol.asyncDispose]();
  watches = makeWatches();
  watches.start();
  await watches[Symbol.asyncDispose]();
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const kinds = () => found.map(({ kind }) => kind);

describe('releases', () => {
  it('goes on while another environment of the Remote is deployed to', () => {
    watches.start();
    released(makeRelease(2), makeRelease(1));
    const remote = { ...known, id: 'ns/app/qa', environment: 'qa' };
    const deploy = { id: 'd2', remote, branch: 'qa', commit: 'c0ffee', by: 'ada' };
    bus.emit({ kind: 'deployStarted', deploy });
    const [release, before] = [makeRelease(8), makeRelease(7)];
    const outcome = { kind: 'released', release, releases: [release, before] } as const;
    bus.emit({ kind: 'deployFinished', deploy, outcome });
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });

  it('are watched for the time that the Remote says', () => {
    watches.start();
    released(makeRelease(2), makeRelease(1));
    expect(found).toEqual([{ kind: 'watching', release: 2, until: clock.now() + 60_000 }]);
    expect(asked).toMatchObject([{ ms: 60_000 }]);
  });

  it.each([
    ['first one, which has none to return to', () => released(makeRelease(1))],
    ['rollback, which somebody wants', () => released(makeRelease(3, 'rollback to releases/1'), makeRelease(2))],
    [
      'return, which could go on for ever',
      () => released(makeRelease(3, 'return from releases/2 to releases/1'), makeRelease(2)),
    ],
  ])('are not watched where it is the %s', (_, release) => {
    watches.start();
    release();
    expect([kinds(), asked]).toEqual([['unwatched'], []]);
  });

  it('are watched as the version that they run again where they are a redeploy or a restart', () => {
    const [good, bad] = [makeRelease(1), makeRelease(2)];
    watches.start();
    released(makeRelease(3, 'restart of releases/2'), bad, good);
    expect(kinds()).toEqual(['watching']);
    const back = makeRelease(3, 'return from releases/2 to releases/1');
    released(makeRelease(4, 'restart of releases/3'), back, bad, good);
    expect(kinds()).toEqual(['watching', 'unwatched']);
  });

  it('are not watched where the Remote does not ask for it', () => {
    watchSeconds = 0;
    watches.start();
    released(makeRelease(2), makeRelease(1));
    expect([kinds(), asked]).toEqual([['unwatched'], []]);
  });

  it('are watched one at a time: the next one ends the watch of the one before', async () => {
    watches.start();
    released(makeRelease(2), makeRelease(1));
    released(makeRelease(3), makeRelease(2), makeRelease(1));
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    pods.resolve({ kind: 'held' });
    await expect.poll(() => found.at(-1)).toEqual({ kind: 'held', release: 3 });
    expect(kinds()).toEqual(['watching', 'watching', 'held']);
  });
});

describe('a watch during another deploy', () => {
  const deploy = { id: 'd2', remote: known, branch: 'main', commit: 'c0ffee', by: 'ada' };

  it('is paused, and goes on when that has left its turn without a release', async () => {
    watches.start();
    released(makeRelease(2), makeRelease(1));
    const leave = queue.hold({ environment: environmentOf(known), label: 'restart' });
    bus.emit({ kind: 'deployStarted', deploy });
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
    bus.emit({ kind: 'deployFinished', deploy, outcome: { kind: 'failed', error: shuttingDown() } });
    await settled();
    expect(asked).toHaveLength(1);
    leave();
    await expect.poll(() => asked.length).toBe(2);
    expect(kinds()).toEqual(['watching']);
  });
});

it('a watch begins when the release has left its turn: until then workloads may be undone', async () => {
  watches.start();
  const leave = queue.hold({ environment: environmentOf(known), label: 'recovery' });
  released(makeRelease(2), makeRelease(1));
  await settled();
  expect(asked.filter(({ signal }) => !signal.aborted)).toEqual([]);
  leave();
  await expect.poll(() => asked.filter(({ signal }) => !signal.aborted).length).toBe(1);
});

it('a release that is reported late, behind a newer one, is not watched', async () => {
  watches.start();
  const releases = [makeRelease(3), makeRelease(2), makeRelease(1)] as const;
  const outcome = { kind: 'released', release: releases[1], releases } as const;
  const deploy = { id: 'd1', remote: known, branch: 'main', commit: 'c0ffee', by: 'ada' };
  bus.emit({ kind: 'deployFinished', deploy, outcome });
  expect([kinds(), asked]).toEqual([[], []]);
});

it('a watch is cancelled for this server also where the disk is full', async () => {
  await releaseTwice();
  watches.start();
  await expect.poll(() => asked.length).toBe(1);
  await mkdir(join(bare.repository.folder, 'gitkube-unwatched'));
  expect(await watches.cancel(known as Remote, 'bob')).toBe(2);
});

it('a watch goes on where a Lease was lost and is held again', async () => {
  await releaseTwice();
  watches.start();
  await expect.poll(() => asked.length).toBe(1);
  isElsewhere = true;
  change();
  expect(asked[0]?.signal.aborted).toBe(true);
  isElsewhere = false;
  change();
  await expect.poll(() => asked.length).toBe(2);
});

describe('the next start', () => {
  it.each([
    ['its time is over', 600_000, 60, 'its time was over before the server looked'],
    ['the Remote does not ask for it any more', 0, 0, 'the Remote does not ask for it any more'],
  ])('reports the end of a watch where %s, once', async (_, ms, seconds, why) => {
    await releaseTwice();
    clock.advance(ms);
    watchSeconds = seconds;
    await startAgain();
    expect([found, asked]).toEqual([[{ kind: 'ended', release: 2, why }], []]);
    condition = 'Ended';
    await startAgain();
    expect(found).toHaveLength(1);
  });

  it('returns from a release that was seen to fail, also when its time is over', async () => {
    await releaseTwice();
    await noteFailure(bare.repository.folder, 2, crash);
    clock.advance(600_000);
    watches.start();
    await expect.poll(() => returns).toBe(1);
    expect(asked).toEqual([]);
  });

  it.each([
    ['of another release', () => noteFailure(bare.repository.folder, 1, crash)],
    [
      'of one whose watch was cancelled',
      async () => {
        await noteFailure(bare.repository.folder, 2, crash);
        await noteUnwatched(bare.repository.folder, 2);
      },
    ],
    ['that nobody can read', () => writeFile(join(bare.repository.folder, 'gitkube-failed-release.json'), '{"rel')],
  ])('returns for no note %s', async (_, note) => {
    await releaseTwice();
    await note();
    clock.advance(600_000);
    watches.start();
    await watches[Symbol.asyncDispose]();
    expect([returns, asked]).toEqual([0, []]);
  });

  it('goes on with the watch of the last release for the time that is left', async () => {
    await releaseTwice();
    clock.advance(20_000);
    watches.start();
    await expect.poll(() => asked.length).toBe(1);
    expect(asked).toMatchObject([{ ms: 40_000 }]);
  });

  it('waits with that until what was cut off is recovered', async () => {
    await releaseTwice();
    const leave = queue.hold({ environment: environmentOf(known), label: 'recovery' });
    watches.start();
    await bare.repository.releases();
    expect(asked).toEqual([]);
    leave();
    await expect.poll(() => asked.length).toBe(1);
  });

  it('does not watch one whose watch was cancelled', async () => {
    await releaseTwice();
    watches.start();
    await expect.poll(() => asked.length).toBe(1);
    expect(await watches.cancel(known as Remote, 'bob')).toBe(2);
    expect(await watches.cancel(known as Remote, 'bob')).toBeUndefined();
    expect(found.at(-1)).toEqual({ kind: 'ended', release: 2, why: 'cancelled by bob' });
    await startAgain();
    expect(asked).toHaveLength(1);
  });

  it('does not watch one whose time is over', async () => {
    await releaseTwice();
    clock.advance(60_000);
    await startAgain();
    expect(asked).toHaveLength(0);
  });

  it('has the return of a release that fails while the server stops', async () => {
    await releaseTwice();
    watches.start();
    await expect.poll(() => asked.length).toBe(1);
    pods.resolve({ kind: 'failed', error: crash });
    await expect.poll(() => returns).toBe(1);
    clock.advance(600_000);
    await startAgain();
    expect([returns, asked.length, kinds()]).toEqual([2, 1, ['watching']]);
  });
});
