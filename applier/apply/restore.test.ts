import { describe, expect, it } from 'vitest';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { type AnyObject, type Kube, NoAnswer, type ObjectRef } from '../../kube/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { inventoryLabel, labelOf } from '../objects/objects.ts';
import { restoreObjects } from './restore.ts';

const configMap = (color: string, resourceVersion: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'colors', namespace: 'shop', uid: 'u1', resourceVersion },
  data: { color },
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
        throw new GitkubeError('WorkloadChanged', 'ConfigMap/colors was changed by somebody else at the same moment');
      }
      changes.push(patch);
      return configMap('blue', String(version));
    },
  };
  return { kube: kube as Kube, changes };
}

const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'colors' };
const journal = { as: 'me', remote: { namespace: 'shop', name: 'app' }, prune: [] };

async function restore(kube: Kube) {
  const clock = new ManualClock({ elapseUpToMs: Number.POSITIVE_INFINITY });
  const snapshots = [{ ref, before: configMap('blue', '0') }];
  const started = clock.monotonic();
  const outcome = await restoreObjects({ kube, clock, log: silentLogger }, { ...journal, snapshots }, () => {}).then(
    (restored) => ({ restored: restored.length }),
    (thrown: unknown) => ({ error: thrown }),
  );
  return { ...outcome, ms: clock.monotonic() - started };
}

it('an object that a controller changed between read and patch is read again before it is patched', async () => {
  const { kube, changes } = contested(1);
  const { ms, ...outcome } = await restore(kube);
  expect(outcome).toEqual({ restored: 1 });
  expect(changes[0]).toEqual({ data: { color: 'blue' }, metadata: { resourceVersion: '2' } });
  expect(ms).toBeLessThan(100);
});

it('what the push has created is deleted, and named apart from what was restored', async () => {
  const { kube } = contested(0);
  const made = {
    ...configMap('red', '1'),
    metadata: {
      ...configMap('red', '1').metadata,
      name: 'new',
      labels: { [inventoryLabel]: labelOf(journal.remote, true) },
    },
  };
  let isGone = false;
  const both = {
    ...kube,
    getObject: async ({ name }: typeof ref) =>
      name !== 'new' ? kube.getObject(ref, journal) : isGone ? undefined : made,
    deleteObject: async () => {
      isGone = true;
    },
  } as unknown as Kube;
  const lines: string[] = [];
  const snapshots = [
    { ref, before: configMap('blue', '0') },
    { ref: { ...ref, name: 'new' }, before: null },
  ];
  const clock = new ManualClock({ elapseUpToMs: Number.POSITIVE_INFINITY });
  await restoreObjects({ kube: both, clock, log: silentLogger }, { ...journal, snapshots }, (line) => lines.push(line));
  expect(lines).toEqual([
    'manifests: 1 object restored: ConfigMap/colors',
    'manifests: deleted what this deploy created: ConfigMap/new',
  ]);
});

it('an object that a controller keeps changing is restored once that pauses', async () => {
  expect(await restore(contested(8).kube)).toMatchObject({ restored: 1 });
});

it('an object that never stops changing fails the restore within seconds', async () => {
  const { error, ms } = (await restore(contested(Number.POSITIVE_INFINITY).kube)) as { error: unknown; ms: number };
  expect(error).toMatchObject({
    reason: 'RollbackFailed',
    message: expect.stringContaining('was changed by somebody else at the same moment'),
  });
  expect(ms).toBeGreaterThan(3000);
  expect(ms).toBeLessThan(10_000);
});

it('an API server that never answers delays an undo for a few minutes only, however many objects it has', async () => {
  const clock = new ManualClock({ elapseUpToMs: Number.POSITIVE_INFINITY });
  const hangs = async () => {
    await clock.delay(30_000);
    throw new NoAnswer('no answer within 30 s');
  };
  const snapshots = Array.from({ length: 40 }, (_, n) => ({
    ref: { ...ref, name: `colors-${n}` },
    before: configMap('blue', '0'),
  }));
  const deps = { kube: { getObject: hangs } as Partial<Kube> as Kube, clock, log: silentLogger };
  const restoring = restoreObjects(deps, { ...journal, snapshots }, () => {});
  const error = await restoring.then(() => undefined, asGitkubeError);
  expect(error?.reason).toBe('RollbackFailed');
  expect(error?.message).toContain(
    'ConfigMap/colors-39 could not be restored: the Kubernetes API does not answer: no answer within 30 s',
  );
  expect(error?.message).toContain(
    'ConfigMap/colors-0 could not be restored: skipped, as the API server did not answer for others',
  );
  expect(clock.monotonic()).toBeLessThan(4 * 60_000);
});

it('a webhook that is down keeps no object of another kind from being restored, however long its own take', async () => {
  const clock = new ManualClock({ elapseUpToMs: Number.POSITIVE_INFINITY });
  const routes = Array.from({ length: 6 }, (_, n) => ({
    ref: { ...ref, kind: 'Route', name: `route-${n}` },
    before: configMap('blue', '0'),
  }));
  const getObject = async (asked: ObjectRef) => {
    if (asked.kind === 'Route') throw new GitkubeError('ClusterUnavailable', 'failed calling webhook');
    return configMap('blue', '0');
  };
  const deps = { kube: { getObject } as Partial<Kube> as Kube, clock, log: silentLogger };
  const snapshots = [{ ref: { ...ref, name: 'colors' }, before: configMap('blue', '0') }, ...routes];
  const error = await restoreObjects(deps, { ...journal, snapshots }, () => {}).then(() => undefined, asGitkubeError);
  expect(clock.monotonic()).toBeGreaterThan(120_000);
  expect(error?.message).toContain('Route/route-0 could not be restored: failed calling webhook');
  expect(error?.message).not.toContain('ConfigMap/colors');
});

it('a Job that is being deleted is not restored, and what is lost is reported', async () => {
  const before: AnyObject = { ...configMap('blue', '1'), apiVersion: 'batch/v1', kind: 'Job' };
  const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] };
  const live = { ...before, metadata: { ...before.metadata, ...leaving } };
  let looks = 0;
  // Without a way to change or delete it.
  const kube = { getObject: async () => (looks++ === 0 ? live : undefined) } as Partial<Kube> as Kube;
  const clock = new ManualClock({ elapseUpToMs: Number.POSITIVE_INFINITY });
  const snapshots = [{ ref: { ...ref, apiVersion: 'batch/v1', kind: 'Job' }, before }];
  const lines: string[] = [];
  await restoreObjects({ kube, clock, log: silentLogger }, { ...journal, snapshots }, (line) => lines.push(line));
  expect(lines[0]).toMatch(/^Job\/colors: the one before has run and is not created again/);
});

describe('the owners of the fields of what was restored', () => {
  /** What somebody else does to the object right after it was restored. */
  async function restored(after: (live: AnyObject) => AnyObject) {
    const owners = [{ manager: 'gitkube', operation: 'Apply', fieldsV1: { 'f:data': { 'f:color': {} } } }];
    const before = configMap('blue', '0');
    let live = configMap('green', '1');
    let version = 1;
    const kube: Pick<Kube, 'getObject' | 'mergeObject'> = {
      getObject: async () => live,
      mergeObject: async (_ref, patch) => {
        const { metadata, data } = patch as Partial<AnyObject>;
        const given = metadata?.resourceVersion;
        if (given !== undefined && given !== live.metadata.resourceVersion) {
          throw new GitkubeError('WorkloadChanged', 'changed by somebody else at the same moment');
        }
        const resourceVersion = String(++version);
        const next = {
          ...live,
          ...(data ? { data } : {}),
          metadata: { ...live.metadata, ...metadata, resourceVersion },
        };
        live = data ? after(next) : next;
        return next;
      },
    };
    const snapshots = [{ ref, before: { ...before, metadata: { ...before.metadata, managedFields: owners } } }];
    const clock = new ManualClock({ elapseUpToMs: 10_000 });
    await restoreObjects({ kube: kube as Kube, clock, log: silentLogger }, { ...journal, snapshots }, () => {});
    return { live, owners };
  }

  const changed = (live: AnyObject, over: object): AnyObject => ({
    ...live,
    ...over,
    metadata: { ...live.metadata, resourceVersion: `${live.metadata.resourceVersion} and later` },
  });

  it('are restored, also when a controller has written a status since', async () => {
    const { live, owners } = await restored((made) => changed(made, { status: { seen: true } }));
    expect(live.metadata.managedFields).toEqual(owners);
  });

  it('stay as they are when somebody has changed it since', async () => {
    const managedFields = [{ manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:data': { 'f:color': {} } } }];
    const { live } = await restored((made) => {
      const theirs = changed(made, { data: { color: 'red' } });
      return { ...theirs, metadata: { ...theirs.metadata, managedFields } };
    });
    expect(live.data).toEqual({ color: 'red' });
    expect(live.metadata.managedFields).toEqual(managedFields);
  });
});
