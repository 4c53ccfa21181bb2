import { beforeEach, describe, expect, it } from 'vitest';
import type { V1Pod } from '../../kube/kube.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { RolloutState } from '../evaluate/rollout-evaluator.ts';
import { restartKey } from '../pods/pods.ts';
import { containerStatus, ended, makeDeployment, makePod, makeReplicaSet, waitingFor } from '../testing/objects.ts';
import { Health } from './health.ts';

let clock: ManualClock;
let health: Health;

beforeEach(() => {
  clock = new ManualClock();
  health = makeHealth();
});

function makeHealth(restartsBefore = new Map<string, number>()) {
  return new Health(clock, {
    uid: 'uid-www',
    images: { app: 'new' },
    restartsBefore,
  });
}

function stateOf(...pods: V1Pod[]): RolloutState {
  const workload = makeDeployment({ images: { app: 'new' } });
  return { workload, revisions: [makeReplicaSet()], pods, events: [] };
}

function withEnv() {
  const containers = [{ name: 'app', image: 'new', env: [{ name: 'DEBUG', value: '1' }] }];
  return makeDeployment({ spec: { template: { spec: { containers } } } });
}

const notReady = (status: string) => ({ conditions: [{ type: 'ContainersReady', status }] });
const ready = () => makePod({ ready: true, probe: true });
const unready = (name = 'www-1-abc') => makePod({ name, probe: true, ...notReady('False') });
const crashed = (restartCount: number, state: object = { running: {} }) =>
  makePod({ ready: true, statuses: [containerStatus({ restartCount, state, lastState: ended(7) })] });

describe('a release that is watched', () => {
  it('holds as long as its pods are ready', () => {
    expect(health.look(stateOf(ready()))).toEqual({ isOther: false, dueAt: Number.POSITIVE_INFINITY });
  });

  it.each([
    ['ends a second time', crashed(2)],
    ['is restarted with a back-off', crashed(1, waitingFor('CrashLoopBackOff'))],
  ])('fails when a container %s', (_, pod) => {
    expect(health.look(stateOf(pod)).problem).toMatchObject({ reason: 'ContainerCrashed' });
  });

  it('is forgiven one end, and those from before it', () => {
    expect(health.look(stateOf(crashed(1))).problem).toBeUndefined();
    const before = makeHealth(new Map([[restartKey(crashed(5), 'app'), 4]]));
    expect(before.look(stateOf(crashed(5))).problem).toBeUndefined();
  });

  it('fails when a pod that was ready fails its probes for 30 s, and not before', () => {
    health.look(stateOf(ready()));
    expect(health.look(stateOf(unready()))).toEqual({ isOther: false, dueAt: 30_000 });
    clock.advance(29_999);
    expect(health.look(stateOf(unready())).problem).toBeUndefined();
    clock.advance(1);
    const message =
      /^pod www-1-abc was ready, and has not been for 30 s: container app is starting, its readiness probe/;
    expect(health.look(stateOf(unready())).problem).toMatchObject({
      reason: 'ReadinessLost',
      message: expect.stringMatching(message),
    });
  });

  it('is forgiven a pod that is ready again in between', () => {
    for (const pod of [ready(), unready(), ready(), unready()]) {
      clock.advance(20_000);
      expect(health.look(stateOf(pod)).problem).toBeUndefined();
    }
  });

  it.each([
    ['that was never ready, as of an eviction or an autoscaler', unready('www-1-new')],
    ['on a node that is gone', makePod({ probe: true, ...notReady('True') })],
    ['that is being deleted', makePod({ probe: true, deleted: true, ...notReady('False') })],
    ['of another version', makePod({ set: 'www-2', probe: true, ...notReady('False') })],
  ])('is not to blame for a pod %s', (_, pod) => {
    health.look(stateOf(ready()));
    health.look(stateOf(pod));
    clock.advance(600_000);
    expect(health.look(stateOf(pod))).toMatchObject({ isOther: false, dueAt: Number.POSITIVE_INFINITY });
  });

  it.each([
    ['is gone', undefined],
    ['is another one of its name', { ...makeDeployment(), metadata: { uid: 'other' } }],
    ['runs another image', makeDeployment({ images: { app: 'newest' } })],
    ['has another template of the same images, as of `kubectl set env`', withEnv()],
  ])('is another one when its workload %s', (_, workload) => {
    expect(health.look(stateOf(ready())).isOther).toBe(false);
    expect(health.look({ ...stateOf(crashed(9)), workload }).isOther).toBe(true);
  });
});
