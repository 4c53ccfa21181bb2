import { describe, expect, it } from 'vitest';
import type { Workload } from '../../kube/kube.ts';
import { makeDeployment } from '../testing/objects.ts';
import { makeDaemonSet } from '../testing/workloads.ts';
import { takeSnapshot } from './snapshot.ts';

const wasReady = (workload: Workload) => takeSnapshot('default', workload, ['app']).wasReady;

describe('a workload counts as ready before the push', () => {
  it('when its pods are', () => {
    expect(wasReady(makeDeployment())).toBe(true);
    expect(wasReady(makeDeployment({ status: { availableReplicas: 0 } }))).toBe(false);
  });

  it('also when somebody changed it a moment ago and Kubernetes has not observed that', () => {
    expect(wasReady(makeDeployment({ generation: 2, status: { observedGeneration: 1 } }))).toBe(true);
  });

  it('but not when it is so new that Kubernetes has said nothing', () => {
    const nothing = { desiredNumberScheduled: 0, currentNumberScheduled: 0, numberReady: 0 };
    expect(wasReady(makeDaemonSet({ status: { ...nothing, observedGeneration: undefined } }))).toBe(false);
  });
});
