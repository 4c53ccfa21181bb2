import { describe, expect, it } from 'vitest';
import type { V1Pod } from '../../kube/kube.ts';
import { podName } from '../pods/pods.ts';
import {
  makeControllerRevision,
  makeCronJob,
  makeDaemonSet,
  makeOwnedPod,
  makeStatefulSet,
} from '../testing/workloads.ts';
import { desiredPods, newVersion, podsInTheWay } from './new-version.ts';

const names = (pods: readonly V1Pod[] | undefined) => pods?.map(podName);

describe('the new pods', () => {
  it('of a StatefulSet are those of its updateRevision', () => {
    const pods = [
      makeOwnedPod('db', 'db-0', 'db-old', { ready: true }),
      makeOwnedPod('db', 'db-1', 'db-new'),
      makeOwnedPod('db', 'db-2', 'db-new', { ready: true }),
      makeOwnedPod('agent', 'agent-x', 'db-new'),
    ];
    expect(names(newVersion(makeStatefulSet(), [], pods, { app: 'new' })?.pods)).toEqual(['db-1', 'db-2']);
  });

  it('of a DaemonSet are those of its newest ControllerRevision', () => {
    const pods = [makeOwnedPod('agent', 'agent-a', 'h1'), makeOwnedPod('agent', 'agent-b', 'h2')];
    const revisions = [makeControllerRevision(2, 'h2', 'new'), makeControllerRevision(1, 'h1', 'old')];
    expect(names(newVersion(makeDaemonSet(), revisions, pods, { app: 'new' })?.pods)).toEqual(['agent-b']);
  });

  it('of a DaemonSet that went back are those of the old revision, whose number is the highest again', () => {
    const pods = [makeOwnedPod('agent', 'agent-a', 'h1'), makeOwnedPod('agent', 'agent-b', 'h2')];
    const revisions = [makeControllerRevision(2, 'h2', 'new'), makeControllerRevision(3, 'h1', 'old')];
    expect(names(newVersion(makeDaemonSet(), revisions, pods, { app: 'old' })?.pods)).toEqual(['agent-a']);
  });

  it('of a DaemonSet are unknown while the watch of its revisions lags behind', () => {
    const pods = [makeOwnedPod('agent', 'agent-a', 'h1')];
    const revisions = [makeControllerRevision(1, 'h1', 'old')];
    expect(newVersion(makeDaemonSet(), revisions, pods, { app: 'new' })).toBeUndefined();
    expect(newVersion(makeDaemonSet(), [], pods, { app: 'new' })).toBeUndefined();
  });

  it('number what the partition leaves of a StatefulSet, the nodes of a DaemonSet, and none for a CronJob', () => {
    const rollingUpdate = { partition: 2 };
    expect(desiredPods(makeStatefulSet())).toBe(3);
    expect(desiredPods(makeStatefulSet({ spec: { updateStrategy: { rollingUpdate } } }))).toBe(1);
    expect(desiredPods(makeDaemonSet())).toBe(2);
    expect(desiredPods(makeCronJob())).toBe(0);
  });
});

describe('a StatefulSet', () => {
  const old = makeOwnedPod('db', 'db-1', 'db-old');

  it('is held up by a pod of another version that is not ready', () => {
    const others = [
      makeOwnedPod('db', 'db-0', 'db-old', { ready: true }),
      makeOwnedPod('db', 'db-2', 'db-new'),
      makeOwnedPod('db', 'db-3', 'db-old', { deleted: true }),
    ];
    expect(names(podsInTheWay(makeStatefulSet(), [...others, old]))).toEqual(['db-1']);
  });

  it('is not held up by a pod below the partition, which a rollout never replaces', () => {
    const at = (partition: number, start = 0) => {
      const spec = { updateStrategy: { rollingUpdate: { partition } }, ordinals: { start } };
      return podsInTheWay(makeStatefulSet({ spec }), [old]);
    };
    expect(at(2)).toEqual([]);
    expect(at(1)).toHaveLength(1);
    expect(at(1, 1)).toEqual([]);
  });

  it('with OnDelete is held up by no pod, and neither is another kind', () => {
    expect(podsInTheWay(makeStatefulSet({ spec: { updateStrategy: { type: 'OnDelete' } } }), [old])).toEqual([]);
    expect(podsInTheWay(makeDaemonSet(), [makeOwnedPod('agent', 'agent-a', 'h1')])).toEqual([]);
  });
});
