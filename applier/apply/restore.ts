import { isDeepStrictEqual } from 'node:util';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { backOffMs } from '../../base/retry.ts';
import { count, plain } from '../../base/text.ts';
import { type AnyObject, NoAnswer, type ObjectRef, refOf } from '../../kube/index.ts';
import { type KubeDeps, retryCall, retryChange } from '../../kube/retrying-kube.ts';
import { hasLostOwners } from '../fields/adopt.ts';
import { comparableFields, inventoryLabel, isFields, labelOf, nameOf, names } from '../objects/objects.ts';
import type { ManifestsJournal, ObjectSnapshot, Say } from '../types.ts';
import { mergePatch } from './merge-patch.ts';
import { isJob } from './replace.ts';

/** About five seconds: a controller writes the status of a workload that comes and goes many times a second. */
const tries = 12;
const backOff = { firstMs: 20, maxMs: 1000 };
/** About five seconds for all together: one that is held must keep neither the next push nor a server from starting. */
const goneTries = 10;
/** After this no more objects are begun with where the API server did not answer: it holds each up for a minute. */
const unansweredMs = 120_000;

/**
 * Makes every object what it was before: what was changed gets its old content, what was made is deleted, the last
 * first. To do it twice does no harm.
 * @returns those that had to be
 * @throws RollbackFailed naming every object that is not restored
 */
export async function restoreObjects(deps: KubeDeps, journal: ManifestsJournal, say: Say): Promise<ObjectRef[]> {
  const failures: { readonly ref: ObjectRef; readonly error: GitkubeError }[] = [];
  const restored: ObjectRef[] = [];
  const going: AnyObject[] = [];
  const startedAt = deps.clock.monotonic();
  // For the last object; that it fails for one kind, as a webhook that is down does, is an answer.
  let isSilent = false;
  for (const snapshot of [...journal.snapshots].reverse()) {
    try {
      const isLate = deps.clock.monotonic() - startedAt > unansweredMs;
      if (isLate && isSilent) throw new Skipped();
      const done = await restoreOne(deps, snapshot, journal, say);
      isSilent = false;
      if (done === 'restored') restored.push(snapshot.ref);
      else if (done !== 'nothing') going.push(done);
    } catch (thrown) {
      isSilent = thrown instanceof NoAnswer || (isSilent && thrown instanceof Skipped);
      failures.push({ ref: snapshot.ref, error: asGitkubeError(thrown) });
    }
  }
  const held = await untilGone(deps, going, journal.as);
  for (const { ref, finalizers } of held) say(`${nameOf(ref)}: is deleted and not gone yet${finalizers}`);
  const deleted = going.map(refOf);
  if (restored.length > 0) say(`manifests: ${count(restored.length, 'object')} restored: ${names(restored)}`);
  if (deleted.length > 0) say(`manifests: deleted what this deploy created: ${names(deleted)}`);
  if (failures.length === 0) return [...restored, ...deleted];
  const messages = failures.map(({ ref, error }) => `${nameOf(ref)} could not be restored: ${error.message}`);
  deps.log.error({ failures: messages }, 'restoring objects failed');
  throw new GitkubeError('RollbackFailed', messages.join('; '), { cause: failures[0]?.error });
}

class Skipped extends GitkubeError {
  constructor() {
    super('ClusterUnavailable', 'skipped, as the API server did not answer for others');
  }
}

/** What was done; an object that is being deleted is not gone yet. */
async function restoreOne(
  deps: KubeDeps,
  { ref, before }: ObjectSnapshot,
  journal: ManifestsJournal,
  say: Say,
): Promise<'restored' | 'nothing' | AnyObject> {
  for (let attempt = 1; ; attempt++) {
    const live = await retryCall(deps, () => deps.kube.getObject(ref, journal));
    if (!before) return deleteCreated(deps, ref, live, journal);
    const left = live?.metadata.uid === before.metadata.uid ? live : undefined;
    // A push may end while the Job is on its way out: nothing stops a deletion.
    if (isJob(before) && (!left || left.metadata.deletionTimestamp !== undefined)) {
      say(`${nameOf(ref)}: the one before has run and is not created again, which would run it a second time`);
      return left ?? deleteCreated(deps, ref, live, journal);
    }
    if (!left) {
      say(`${nameOf(ref)}: was deleted since; nothing is left to restore`);
      return 'nothing';
    }
    let done: 'restored' | 'nothing' = 'nothing';
    const held = await holds(async () => {
      done = (await restoreContent(deps, ref, left, before, journal.as)) ? 'restored' : 'nothing';
    }, attempt);
    if (held) return done;
    await deps.clock.delay(backOffMs(backOff, attempt, Math.random()));
  }
}

/** Deletes what the push has made, if it still is that. */
async function deleteCreated(
  deps: KubeDeps,
  ref: ObjectRef,
  live: AnyObject | undefined,
  { as, remote }: ManifestsJournal,
): Promise<'nothing' | AnyObject> {
  const ours = live?.metadata.labels?.[inventoryLabel];
  const label = labelOf(remote, ref.namespace !== undefined);
  const uid = live?.metadata.uid;
  if (!live || ours !== label || uid === undefined) return 'nothing';
  await retryCall(deps, () => deps.kube.deleteObject(ref, { as, uid }));
  return live;
}

interface Held {
  readonly ref: ObjectRef;
  /** For the pusher; a pod that ends slowly has none. */
  readonly finalizers: string;
}

/** @returns those that are still there when the time is over */
async function untilGone(deps: KubeDeps, going: readonly AnyObject[], as: string): Promise<Held[]> {
  let left = [...going];
  for (let tried = 0; tried < goneTries && left.length > 0; tried++) {
    if (tried > 0) await deps.clock.delay(Math.min(1000, 25 * 2 ** tried));
    const still = left.map(async (object) => {
      const looking = retryCall(deps, () => deps.kube.getObject(refOf(object), { as }));
      // The API server has accepted the deletion: an error while waiting for it is no failure.
      const live = await looking.catch(() => undefined);
      return live?.metadata.uid === object.metadata.uid ? [live ?? object] : [];
    });
    left = (await Promise.all(still)).flat();
  }
  return left.map((object) => {
    const { finalizers } = object.metadata;
    return {
      ref: refOf(object),
      finalizers: finalizers ? ` (finalizers ${plain(JSON.stringify(finalizers), 200)})` : '',
    };
  });
}

async function restoreContent(
  deps: KubeDeps,
  ref: ObjectRef,
  live: AnyObject,
  before: AnyObject,
  as: string,
): Promise<boolean> {
  const patch = mergePatch(comparableFields(live), comparableFields(before));
  if (patch === undefined) {
    if (hasLostOwners(before, live)) await restoreOwners(deps, live, before, as);
    return false;
  }
  const back = await retryChange(deps, () => deps.kube.mergeObject(ref, locked(patch, live), { as }));
  if (back) await restoreOwners(deps, back, before, as);
  return true;
}

/**
 * The patch made Gitkube an owner of what it restored, besides what it applies: a field that a later release no longer
 * has would stay for ever. The owners are restored, too; without them everything else still is what it was. Who has
 * changed the object since then owns what he has set, and nothing is done.
 * @param restored as it is now
 */
async function restoreOwners(deps: KubeDeps, restored: AnyObject, before: AnyObject, as: string): Promise<void> {
  const ref = refOf(before);
  const patch = { metadata: { managedFields: before.metadata.managedFields ?? [] } };
  let live: AnyObject | undefined = restored;
  try {
    for (let attempt = 1; live && isDeepStrictEqual(comparableFields(live), comparableFields(restored)); attempt++) {
      const change = locked(patch, live);
      if (await holds(() => retryChange(deps, () => deps.kube.mergeObject(ref, change, { as })), attempt)) return;
      await deps.clock.delay(backOffMs(backOff, attempt, Math.random()));
      live = await retryCall(deps, () => deps.kube.getObject(ref, { as }));
    }
  } catch (thrown) {
    deps.log.warn({ object: nameOf(ref), err: asGitkubeError(thrown) }, 'the owners of fields could not be restored');
  }
}

/** False: the object was changed since it was read, and is to be read again. */
async function holds(change: () => Promise<unknown>, attempt: number): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (thrown) {
    if (asGitkubeError(thrown).reason !== 'WorkloadChanged' || attempt >= tries) throw thrown;
    return false;
  }
}

/** Holds only for the object as it was read. */
function locked(patch: unknown, { metadata: { resourceVersion } }: AnyObject): object {
  const fields = isFields(patch) ? patch : {};
  const metadata = isFields(fields.metadata) ? fields.metadata : {};
  return { ...fields, metadata: { ...metadata, resourceVersion } };
}
