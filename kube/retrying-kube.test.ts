import { describe, expect, it, vi } from 'vitest';
import { GitkubeError, type Reason } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import type { Kube } from './kube.ts';
import { RetryingKube, retryCall, retryChange } from './retrying-kube.ts';

function makeDeps() {
  return { clock: new ManualClock({ elapseUpToMs: Number.POSITIVE_INFINITY }), log: silentLogger };
}

/** Fails with these reasons, one after the other, then works. */
function failing(...reasons: Reason[]) {
  const call = vi.fn(async () => 'done');
  for (const reason of reasons) call.mockRejectedValueOnce(new GitkubeError(reason, 'no'));
  return call;
}

describe('a retried call', () => {
  it('is sent again while the API server does not answer, for about 40 s', async () => {
    const deps = makeDeps();
    await expect(retryCall(deps, failing('ClusterUnavailable', 'ClusterUnavailable'))).resolves.toBe('done');
    const never = failing(...Array.from({ length: 20 }, () => 'ClusterUnavailable' as const));
    const startedAt = deps.clock.monotonic();
    await expect(retryCall(deps, never)).rejects.toMatchObject({ reason: 'ClusterUnavailable' });
    const ms = deps.clock.monotonic() - startedAt;
    expect(ms).toBeGreaterThan(23_000);
    expect(ms).toBeLessThan(47_000);
  });

  it('fails within a minute when the API server takes it and does not answer', async () => {
    const deps = makeDeps();
    const hangs = async () => {
      await deps.clock.delay(30_000);
      throw new GitkubeError('ClusterUnavailable', 'no answer within 30 s');
    };
    await expect(retryCall(deps, hangs)).rejects.toMatchObject({ message: 'no answer within 30 s' });
    expect(deps.clock.monotonic()).toBeLessThan(62_000);
  });

  it('is not sent again when the API server refuses it, or once its signal has aborted', async () => {
    const refused = failing('ClusterForbidden');
    await expect(retryCall(makeDeps(), refused)).rejects.toMatchObject({ reason: 'ClusterForbidden' });
    expect(refused).toHaveBeenCalledOnce();
    const stop = new AbortController();
    const stopped = vi.fn(async () => {
      stop.abort();
      throw new GitkubeError('ClusterUnavailable', 'no');
    });
    await expect(retryCall(makeDeps(), stopped, stop.signal)).rejects.toMatchObject({ reason: 'ClusterUnavailable' });
    expect(stopped).toHaveBeenCalledOnce();
  });
});

describe('a retried change', () => {
  it('is not sent again when somebody else has changed the object', async () => {
    const change = failing('ClusterUnavailable', 'WorkloadChanged');
    await expect(retryChange(makeDeps(), change)).rejects.toMatchObject({ reason: 'WorkloadChanged' });
    expect(change).toHaveBeenCalledTimes(2);
  });

  it('of a workload returns undefined then', async () => {
    const patchWorkload = failing('ClusterUnavailable', 'WorkloadChanged');
    const kube = new RetryingKube({ ...makeDeps(), kube: { patchWorkload } as unknown as Kube });
    const www = { kind: 'Deployment', namespace: 'default', name: 'www' } as const;
    await expect(kube.patchWorkload(www, [])).resolves.toBeUndefined();
    expect(patchWorkload).toHaveBeenCalledTimes(2);
  });
});
