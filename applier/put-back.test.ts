import { expect, it } from 'vitest';
import { GitkubeError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import type { AnyObject, Kube } from '../kube/index.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import { putBackObjects } from './put-back.ts';

const configMap = (colour: string, resourceVersion: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'colours', namespace: 'shop', uid: 'u1', resourceVersion },
  data: { colour },
});

/** An object that a controller writes to, right after it was read: `times` times. */
function contested(times: number) {
  let version = 1;
  const changes: object[] = [];
  const kube: Pick<Kube, 'getObject' | 'mergeObject'> = {
    getObject: async () => {
      const read = configMap('green', String(version));
      if (version <= times) version++;
      return read;
    },
    mergeObject: async (_ref, patch) => {
      const { metadata } = patch as Partial<AnyObject>;
      if (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== String(version)) {
        throw new GitkubeError('WorkloadChanged', 'ConfigMap/colours was changed by somebody else at the same moment');
      }
      changes.push(patch);
      return configMap('blue', String(version));
    },
  };
  return { kube: kube as Kube, changes };
}

async function putBack(kube: Kube) {
  const clock = new ManualClock({ elapseUpToMs: Number.POSITIVE_INFINITY });
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'colours' };
  const snapshots = [{ ref, before: configMap('blue', '0') }];
  const journal = { as: 'me', remote: { namespace: 'shop', name: 'app' }, snapshots, prune: [] };
  const started = clock.monotonic();
  const outcome = await putBackObjects({ kube, clock, log: silentLogger }, journal, () => {}).then(
    (restored) => ({ restored: restored.length }),
    (thrown: unknown) => ({ error: thrown }),
  );
  return { ...outcome, ms: clock.monotonic() - started };
}

it('what a controller changed between the look and the patch is looked at again, not patched as it was', async () => {
  const { kube, changes } = contested(1);
  const { ms, ...outcome } = await putBack(kube);
  expect(outcome).toEqual({ restored: 1 });
  expect(changes[0]).toEqual({ data: { colour: 'blue' }, metadata: { resourceVersion: '2' } });
  expect(ms).toBeLessThan(100);
});

it('what a controller changes all the time is put back once it pauses', async () => {
  expect(await putBack(contested(8).kube)).toMatchObject({ restored: 1 });
});

it('what never holds still is told of within seconds', async () => {
  const { error, ms } = (await putBack(contested(Number.POSITIVE_INFINITY).kube)) as { error: unknown; ms: number };
  expect(error).toMatchObject({
    reason: 'PutBackFailed',
    message: expect.stringContaining('was changed by somebody else at the same moment'),
  });
  expect(ms).toBeGreaterThan(3000);
  expect(ms).toBeLessThan(10_000);
});

it('a Job that is on its way out is left to go, and what is lost is said', async () => {
  const before: AnyObject = { ...configMap('blue', '1'), apiVersion: 'batch/v1', kind: 'Job' };
  const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] };
  const live = { ...before, metadata: { ...before.metadata, ...leaving } };
  let looks = 0;
  // Without a way to change or delete it.
  const kube = { getObject: async () => (looks++ === 0 ? live : undefined) } as Partial<Kube> as Kube;
  const clock = new ManualClock({ elapseUpToMs: Number.POSITIVE_INFINITY });
  const ref = { apiVersion: 'batch/v1', kind: 'Job', namespace: 'shop', name: 'colours' };
  const journal = { as: 'me', remote: { namespace: 'shop', name: 'app' }, snapshots: [{ ref, before }], prune: [] };
  const lines: string[] = [];
  await putBackObjects({ kube, clock, log: silentLogger }, journal, (line) => lines.push(line));
  expect(lines[0]).toMatch(/^Job\/colours: the one before has run and is not created again/);
});
