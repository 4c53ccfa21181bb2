import { describe, expect, it } from 'vitest';
import type { Kube, V1Pod, Watch } from '../../kube/kube.ts';
import { JobPods } from './stuck-pods.ts';

const pull = { waiting: { reason: 'ImagePullBackOff', message: 'no such host' } };
const running = { running: {} };

function pod(name: string, state: object, { phase = 'Pending', gone = false, owner = 'job' } = {}): V1Pod {
  return {
    metadata: { name, ownerReferences: [{ uid: owner }], ...(gone && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    status: { phase, containerStatuses: [{ name: 'web', state }] },
  } as unknown as V1Pod;
}

function why(...pods: V1Pod[]): string | undefined {
  const objects = new Map(pods.map((one) => [one.metadata?.name ?? '', one]));
  const kube = { watch: () => ({ objects }) as unknown as Watch<V1Pod> } as unknown as Pick<Kube, 'watch'>;
  return new JobPods(kube, 'shop', () => {}).stuck('job');
}

describe('a Job', () => {
  it('is stuck when its pod cannot start', () => {
    expect(why(pod('a', pull))).toBe('its pod cannot start');
    expect(why(pod('a', running), pod('b', pull, { owner: 'another' }))).toBeUndefined();
  });

  it('is stuck when none of the pods that have not ended can start', () => {
    expect(why(pod('a', pull), pod('b', pull))).toBe('its 2 pods cannot start');
    const ended = [pod('b', {}, { phase: 'Succeeded' }), pod('c', {}, { phase: 'Failed' })];
    expect(why(pod('a', pull), ...ended, pod('d', running, { gone: true }))).toBe('its pod cannot start');
  });

  it('is not stuck while one of its pods runs, or may still find a node', () => {
    expect(why(pod('a', pull), pod('b', running, { phase: 'Running' }))).toBeUndefined();
    expect(why(pod('a', pull), { ...pod('b', {}), status: { phase: 'Pending' } })).toBeUndefined();
  });

  it('is not stuck without a pod: its controller creates the next one', () => {
    expect(why()).toBeUndefined();
    expect(why(pod('a', {}, { phase: 'Failed' }))).toBeUndefined();
  });
});
