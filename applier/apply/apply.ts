import { isDeepStrictEqual } from 'node:util';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import { type AnyObject, type ObjectRef, refOf } from '../../kube/index.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import { inBatches } from '../batches.ts';
import { adopt } from '../fields/adopt.ts';
import { removedLine } from '../fields/foreign-fields.ts';
import { comparableFields, isFields, nameOf, names } from '../objects/objects.ts';
import type { ObjectSnapshot, Say } from '../types.ts';
import { isReplaced, replace } from './replace.ts';

export interface AppliedObject {
  readonly ref: ObjectRef;
  readonly did: 'create' | 'change' | 'keep';
  /** What a controller acts on is another one than before. */
  readonly specChanged: boolean;
  /** As the API server has answered. */
  readonly after: AnyObject;
}

interface ApplyOptions {
  readonly as: string;
  readonly signal: AbortSignal;
  readonly say: Say;
  /** Whether an object was applied by this Remote before. */
  readonly isOurs: (live: AnyObject) => boolean;
}

const kindTries = 100;

/** What every object is now. */
export async function takeSnapshots(
  deps: KubeDeps,
  objects: readonly AnyObject[],
  as: string,
  signal: AbortSignal,
): Promise<ObjectSnapshot[]> {
  return inBatches(objects, async (object) => {
    const ref = refOf(object);
    const before = await retryCall(deps, () => deps.kube.getObject(ref, { as }), signal);
    return { ref, before: before ?? null };
  });
}

/** Applies one after the other; what failed half way is for the caller to restore. */
export async function applyAll(
  deps: KubeDeps,
  objects: readonly AnyObject[],
  snapshots: readonly ObjectSnapshot[],
  options: ApplyOptions,
): Promise<AppliedObject[]> {
  const applied: AppliedObject[] = [];
  for (const [index, object] of objects.entries()) {
    options.signal.throwIfAborted();
    await untilKnown(deps, object, options.signal);
    const before = snapshots[index]?.before ?? null;
    applied.push(compare(refOf(object), before, await applyOne(deps, object, before, options)));
  }
  return applied;
}

async function applyOne(
  deps: KubeDeps,
  object: AnyObject,
  before: AnyObject | null,
  { as, signal, say, isOurs }: ApplyOptions,
): Promise<AnyObject> {
  if (before) await adopt(deps, before, isOurs(before), as);
  try {
    // Not under the signal: what has been sent has to be answered before it is restored.
    const { object: after } = await retryCall(deps, () => deps.kube.applyObject(object, { as, dryRun: false }));
    const removed = before && removedLine(before, after, isOurs(before));
    if (removed) say(removed);
    return after;
  } catch (thrown) {
    const uid = before?.metadata.uid;
    if (uid === undefined || !isReplaced(object, asGitkubeError(thrown))) throw thrown;
    say(`${nameOf(refOf(object))}: cannot be changed, deleted and created again`);
    return replace(deps, object, uid, as, signal);
  }
}

function compare(ref: ObjectRef, before: AnyObject | null, after: AnyObject): AppliedObject {
  if (!before) return { ref, did: 'create', specChanged: true, after };
  const did = isDeepStrictEqual(comparableFields(before), comparableFields(after)) ? 'keep' : 'change';
  return { ref, did, specChanged: isFields(after.spec) && !isDeepStrictEqual(before.spec, after.spec), after };
}

/** The kind of a CRD that was just applied takes a second to be served; no watch reports it. */
async function untilKnown({ kube, clock }: KubeDeps, object: AnyObject, signal: AbortSignal): Promise<void> {
  for (let tried = 0; tried < kindTries; tried++) {
    if (await kube.resourceKind(object.apiVersion, object.kind)) return;
    await clock.delay(Math.min(500, 25 * 2 ** tried), signal);
  }
  throw new GitkubeError(
    'ManifestsRefused',
    `${nameOf(refOf(object))}: its CustomResourceDefinition is not established`,
    {
      hint: `to see why, type: kubectl get crd -o 'custom-columns=KIND:.spec.names.kind,CONDITIONS:.status.conditions[*].message'`,
    },
  );
}

/** `manifests: 5 objects, 2 created, 1 changed: Service/www, …` */
export function summary(
  objects: readonly { readonly ref: ObjectRef; readonly did: string }[],
  words: { readonly create: string; readonly change: string; readonly keep: string },
): string {
  const created = objects.filter(({ did }) => did === 'create');
  const changed = objects.filter(({ did }) => did === 'change');
  const total = `manifests: ${count(objects.length, 'object')}`;
  if (created.length + changed.length === 0) return `${total}, ${words.keep}`;
  const parts = [
    ...(created.length > 0 ? [`${created.length} ${words.create}`] : []),
    ...(changed.length > 0 ? [`${changed.length} ${words.change}`] : []),
  ];
  return `${total}, ${parts.join(', ')}: ${names([...created, ...changed].map(({ ref }) => ref))}`;
}
