import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { WatchEnd } from '../../deployer/index.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import type { WatchFinding } from './finding.ts';
import { ReleaseWatch } from './release-watch.ts';

const error = new GitkubeError('ContainerCrashed', 'www: container app exited with code 3');
const bob = new GitkubeError('Cancelled', 'cancelled by bob');

let found: WatchFinding[];
let asked: GitkubeError[];
let pods: PromiseWithResolvers<WatchEnd>;

beforeEach(() => {
  found = [];
  asked = [];
  pods = Promise.withResolvers();
});

/** A watch of release 7. @param outcome of the return to release 6 */
function begin(...outcomes: (Promise<DeployOutcome | undefined> | undefined)[]): ReleaseWatch {
  return new ReleaseWatch({
    ...{ release: 7, previous: 6, workloads: [], ms: 60_000, log: silentLogger },
    deployer: { watch: ({ signal }) => untilAborted(pods.promise, signal) },
    goBack: async (why) => {
      asked.push(why);
      return outcomes[asked.length - 1];
    },
    report: (finding) => found.push(finding),
  });
}

const failedFor = (failure: GitkubeError): Promise<DeployOutcome> =>
  Promise.resolve({ kind: 'failed', error: failure });

describe('the watch of a release', () => {
  it.each([
    ['whose pods run on has held', { kind: 'held' }, { kind: 'held', release: 7 }],
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

  it.each(['RefMoved', 'Cancelled'] as const)('is over where its return was overtaken: %s', async (reason) => {
    pods.resolve({ kind: 'failed', error });
    await begin(failedFor(new GitkubeError(reason, 'a newer push'))).done;
    expect(found).toEqual([{ kind: 'ended', release: 7, why: 'a newer push' }]);
  });

  it('leaves its return to the next start when the server stops', async () => {
    pods.resolve({ kind: 'failed', error });
    await begin(failedFor(new GitkubeError('ShuttingDown', 'the server stops'))).done;
    expect(found).toEqual([]);
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
