import { asGitkubeError, GitkubeError } from '../base/errors.ts';
import { count, plain } from '../base/text.ts';
import type { AnyObject, ObjectRef } from '../kube/kube.ts';
import { mergePatch } from './merge-patch.ts';
import { essence, inventoryLabel, isFields, labelOf, nameOf, names } from './objects.ts';
import { type Environment, patiently } from './patient.ts';
import type { ManifestsJournal, ObjectSnapshot, Say } from './types.ts';

const tries = 8;
const goneTries = 60;

/**
 * Makes every object what it was before: what was changed gets its old content, what was made is deleted, the last
 * first. To do it twice does no harm.
 * @returns those that had to be
 * @throws PutBackFailed naming every object that is not back
 */
export async function putBackObjects(env: Environment, journal: ManifestsJournal, say: Say): Promise<ObjectRef[]> {
  const failures: { readonly ref: ObjectRef; readonly error: GitkubeError }[] = [];
  const restored: ObjectRef[] = [];
  for (const snapshot of [...journal.snapshots].reverse()) {
    try {
      if (await putBackOne(env, snapshot, journal, say)) restored.push(snapshot.ref);
    } catch (thrown) {
      failures.push({ ref: snapshot.ref, error: asGitkubeError(thrown) });
    }
  }
  if (restored.length > 0) say(`manifests: ${count(restored.length, 'object')} put back: ${names(restored)}`);
  if (failures.length === 0) return restored;
  const told = failures.map(({ ref, error }) => `${nameOf(ref)} could not be put back: ${error.message}`);
  env.log.error({ failures: told }, 'putting objects back failed');
  throw new GitkubeError('PutBackFailed', told.join('; '), { cause: failures[0]?.error });
}

/** Whether there was anything to do. */
async function putBackOne(
  env: Environment,
  { ref, before }: ObjectSnapshot,
  journal: ManifestsJournal,
  say: Say,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const live = await patiently(env, () => env.kube.getObject(ref, journal));
    if (!before) return takeAway(env, ref, live, journal);
    if (!live || live.metadata.uid !== before.metadata.uid) {
      say(`${nameOf(ref)}: was deleted meanwhile, nothing is left to put back`);
      return false;
    }
    try {
      return await restore(env, ref, live, before, journal.as);
    } catch (thrown) {
      if (asGitkubeError(thrown).reason !== 'WorkloadChanged' || attempt >= tries) throw thrown;
    }
  }
}

/** Deletes what the push has made, if it still is that, and waits until it is gone. */
async function takeAway(
  env: Environment,
  ref: ObjectRef,
  live: AnyObject | undefined,
  { as, ...remote }: ManifestsJournal,
): Promise<boolean> {
  const ours = live?.metadata.labels?.[inventoryLabel];
  const label = labelOf(remote.remote, ref.namespace !== undefined);
  const uid = live?.metadata.uid;
  if (!live || ours !== label || uid === undefined) return false;
  await patiently(env, () => env.kube.deleteObject(ref, { as, uid }));
  for (let tried = 0; tried < goneTries; tried++) {
    const still = await patiently(env, () => env.kube.getObject(ref, { as }));
    if (still?.metadata.uid !== uid) return true;
    await env.clock.delay(Math.min(1000, 50 * 2 ** tried));
  }
  throw new GitkubeError(
    'PutBackFailed',
    `it is deleted and not gone: ${plain(JSON.stringify(live.metadata.finalizers ?? []), 200)}`,
  );
}

async function restore(
  env: Environment,
  ref: ObjectRef,
  live: AnyObject,
  before: AnyObject,
  as: string,
): Promise<boolean> {
  const patch = mergePatch(essence(live), essence(before));
  if (patch === undefined) return false;
  const back = await patiently(env, () => env.kube.mergeObject(ref, locked(patch, live), { as }));
  if (back) await restoreOwners(env, ref, before, as);
  return true;
}

/**
 * The patch made Gitkube an owner of what it restored, besides what it applies: a field that a later release no longer
 * has would stay for ever. The owners are put back, too; without them everything else still is what it was.
 */
async function restoreOwners(env: Environment, ref: ObjectRef, before: AnyObject, as: string): Promise<void> {
  const patch = { metadata: { managedFields: before.metadata.managedFields ?? [] } };
  await patiently(env, () => env.kube.mergeObject(ref, patch, { as })).catch((thrown) =>
    env.log.warn({ object: nameOf(ref), err: asGitkubeError(thrown) }, 'the owners of fields could not be put back'),
  );
}

/** Holds only for the object as it was read. */
function locked(patch: unknown, { metadata: { resourceVersion } }: AnyObject): object {
  const fields = isFields(patch) ? patch : {};
  const metadata = isFields(fields.metadata) ? fields.metadata : {};
  return { ...fields, metadata: { ...metadata, resourceVersion } };
}
