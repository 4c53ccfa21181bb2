import { beforeEach, describe, expect, it } from 'vitest';
import { diskFull, GitkubeError, shuttingDown } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { WatchEnd } from '../../deployer/index.ts';
import type { WatchRequest } from '../../deployer/watch/watch-release.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import type { WatchFinding } from './finding.ts';
import { ReleaseWatch, type ReleaseWatchParts } from './release-watch.ts';

const error = new GitkubeError('ContainerCrashed', 'www: container app exited with code 3');
const bob = new GitkubeError('Cancelled', 'cancelled by bob');

let found: WatchFinding[];
let asked: GitkubeError[];
let pods: PromiseWithResolvers<WatchEnd>;
/** What the deployer was asked to watch. */
let looks: WatchRequest[];
/** What the notes on disk say. */
let noted: string[];
let clock: ManualClock;

beforeEach(() => {
  found = [];
  asked = [];
  looks = [];
  noted = [];
  clock = new ManualClock();
  pods = Promise.withResolvers();
});

/** A watch of release 7. @param outcome of the return to release 6 */
function begin(...outcomes: (Promise<DeployOutcome | undefined> | undefined)[]): ReleaseWatch {
  return beginWith({}, ...outcomes);
}

function beginWith(
  over: Partial<ReleaseWatchParts>,
  ...outcomes: (Promise<DeployOutcome | undefined> | undefined)[]
): ReleaseWatch {
  return new ReleaseWatch({
    ...{ release: 7, previous: 6, workloads: [], ms: 60_000, log: silentLogger, clock },
    deployer: {
      watch: (request) => {
        looks.push(request);
        return untilAborted(pods.promise, request.signal);
      },
    },
    notes: {
      failed: async ({ message }) => void noted.push(message),
      settled: async () => void noted.push('settled'),
      unwatched: async () => void noted.push('unwatched'),
    },
    goBack: async (why) => {
      asked.push(why);
      return outcomes[asked.length - 1];
    },
    report: (finding) => found.push(finding),
    ...over,
  });
}

const failedFor = (failure: GitkubeError): Promise<DeployOutcome> =>
  Promise.resolve({ kind: 'failed', error: failure });

describe('the watch of a release', () => {
  it.each([
    ['whose pods run on has held', { kind: 'held' }, { kind: 'held', release: 7 }],
    [
      'has not held where nobody could look at it last',
      { kind: 'unseen' },
      { kind: 'ended', release: 7, why: 'the cluster did not answer when its time was over' },
    ],
    [
      'ends when somebody else changes a workload',
      { kind: 'other' },
      { kind: 'ended', release: 7, why: 'something else was deployed, or a workload was changed' },
    ],
  ] as [string, WatchEnd, WatchFinding][])('%s, and nothing returns', async (_, end, finding) => {
    pods.resolve(end);
    await begin().done;
    expect([found, asked]).toEqual([[finding], []]);
  });

  it('that fails returns to the one before, once', async () => {
    pods.resolve({ kind: 'failed', error });
    const released = { kind: 'released', release: { number: 8 }, releases: [] } as unknown as DeployOutcome;
    await begin(Promise.resolve(released)).done;
    expect(found).toEqual([{ kind: 'returned', release: 7, to: 6, as: 8, error }]);
    expect(asked).toEqual([error]);
  });

  it('reports why a return failed', async () => {
    pods.resolve({ kind: 'failed', error });
    const failure = new GitkubeError('ReleaseUnusable', 'an image of it is gone');
    await begin(failedFor(failure)).done;
    expect(found).toEqual([{ kind: 'returnFailed', release: 7, to: 6, error, failure }]);
  });

  it('asks for its return again where a push went first: that may fail, and this release still runs', async () => {
    pods.resolve({ kind: 'failed', error });
    const superseded = failedFor(new GitkubeError('PushSuperseded', 'a newer push replaced this one'));
    await begin(superseded, failedFor(new GitkubeError('RefMoved', 'releases/8 was released'))).done;
    expect(asked).toEqual([error, error]);
    expect(found).toEqual([{ kind: 'ended', release: 7, why: 'releases/8 was released' }]);
  });

  it.each(['RefMoved', 'Cancelled', 'ServedElsewhere'] as const)(
    'is over where its return was overtaken: %s',
    async (reason) => {
      pods.resolve({ kind: 'failed', error });
      await begin(failedFor(new GitkubeError(reason, 'a newer push'))).done;
      expect(found).toEqual([{ kind: 'ended', release: 7, why: 'a newer push' }]);
    },
  );

  it('leaves its return to the next start when the server stops', async () => {
    pods.resolve({ kind: 'failed', error });
    await begin(failedFor(shuttingDown())).done;
    const goBack = async () => {
      throw shuttingDown();
    };
    await beginWith({ goBack }).done;
    expect(found).toEqual([]);
    expect(noted).toEqual([error.message, error.message]);
  });

  it('notes that it failed before it returns, and that this is settled after it', async () => {
    const returning = Promise.withResolvers<DeployOutcome>();
    pods.resolve({ kind: 'failed', error });
    const watch = begin(returning.promise);
    await expect.poll(() => asked.length).toBe(1);
    expect(noted).toEqual([error.message]);
    returning.resolve({ kind: 'failed', error: new GitkubeError('ReleaseUnusable', 'an image of it is gone') });
    await watch.done;
    expect(noted).toEqual([error.message, 'settled']);
  });

  it('returns without another look where the server before saw it fail', async () => {
    await beginWith({ ms: 0, failure: error }, failedFor(new GitkubeError('RefMoved', 'a newer push'))).done;
    expect([looks, asked]).toEqual([[], [error]]);
  });

  it('returns although that cannot be noted', async () => {
    pods.resolve({ kind: 'failed', error });
    const full = async () => {
      throw diskFull();
    };
    await beginWith({ notes: { failed: full, settled: full, unwatched: full } }, failedFor(bob)).done;
    expect(found).toEqual([{ kind: 'ended', release: 7, why: 'cancelled by bob' }]);
  });

  it('is paused while something is deployed, and then looks for what is left of its time, from what runs then', async () => {
    const watch = begin();
    await expect.poll(() => looks.length).toBe(1);
    clock.advance(20_000);
    watch.pause();
    expect(looks[0]?.signal.aborted).toBe(true);
    await new Promise(setImmediate);
    clock.advance(10_000);
    pods.resolve({ kind: 'held' });
    watch.resume();
    await watch.done;
    expect(looks.map(({ ms }) => ms)).toEqual([60_000, 40_000]);
    expect(found).toEqual([{ kind: 'held', release: 7 }]);
  });

  it('says nothing of a return that was overtaken by a release, which is watched by now', async () => {
    const returning = Promise.withResolvers<DeployOutcome>();
    pods.resolve({ kind: 'failed', error });
    const watch = begin(returning.promise);
    await expect.poll(() => asked.length).toBe(1);
    watch.end(new GitkubeError('Cancelled', 'releases/8 was released'));
    returning.resolve({ kind: 'failed', error: new GitkubeError('RefMoved', 'releases/8 was released') });
    await watch.done;
    expect(found).toEqual([]);
  });

  it('whose return somebody cancels is not returned from by the next start either', async () => {
    pods.resolve({ kind: 'failed', error });
    await begin(failedFor(bob)).done;
    expect(noted).toContain('unwatched');
  });

  it('that cannot look at the cluster any more says so', async () => {
    pods.reject(new GitkubeError('ClusterForbidden', 'may not watch pods'));
    await begin().done;
    expect(found).toEqual([{ kind: 'ended', release: 7, why: 'may not watch pods' }]);
  });

  it('is cancelled, and not a second time', async () => {
    const watch = begin();
    expect([watch.cancel(bob), watch.cancel(bob)]).toEqual([true, false]);
    await watch.done;
    expect(found).toEqual([{ kind: 'ended', release: 7, why: 'cancelled by bob' }]);
  });

  it('is not cancelled while it returns, which is a deploy of its own', async () => {
    pods.resolve({ kind: 'failed', error });
    const returning = Promise.withResolvers<DeployOutcome>();
    const watch = begin(returning.promise);
    await expect.poll(() => asked.length).toBe(1);
    expect(watch.cancel(bob)).toBe(false);
    returning.resolve({ kind: 'failed', error: bob });
    await watch.done;
    expect(found).toHaveLength(1);
  });

  it('that is ended for another one says nothing', async () => {
    const watch = begin();
    watch.end(new GitkubeError('Cancelled', 'releases/8 was released'));
    await watch.done;
    expect(found).toEqual([]);
  });
});
