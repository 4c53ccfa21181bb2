import { asGitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { AnyObject, ObjectRef } from '../../kube/kube.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import { inBatches } from '../batches.ts';
import { inventoryLabel, keyOf, labelOf, nameOf } from '../objects/objects.ts';
import type { InventoryEntry, RemoteName, Say } from '../types.ts';

/** To delete one of these deletes data, or what others have made of it. */
const kept = ['PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'CustomResourceDefinition'];

export interface PruneWork {
  readonly as: string;
  readonly remote: RemoteName;
  readonly say: Say;
}

/**
 * Which objects of earlier releases the manifests no longer have.
 * @param inventories of earlier releases, the newest first; what could not be deleted then is found in older ones
 * @param workloads names, with their kind, that the Remote deploys: they stay
 */
export async function findSurplus(
  deps: KubeDeps,
  now: readonly ObjectRef[],
  inventories: readonly (readonly InventoryEntry[])[],
  workloads: readonly { readonly kind: string; readonly name: string }[],
  { as, remote, say }: PruneWork,
): Promise<ObjectRef[]> {
  const present = new Set(now.map(keyOf));
  const [last = []] = inventories;
  const earlier = new Map(inventories.flat().map((entry) => [keyOf(entry), entry]));
  const gone = [...earlier].filter(([key]) => !present.has(key)).map(([, entry]) => toRef(entry));
  const keeping = new Set<string>();
  const found = await inBatches(gone, async (ref) => {
    const live = await retryCall(deps, () => deps.kube.getObject(ref, { as })).catch((thrown) => {
      const { reason, message } = asGitkubeError(thrown);
      if (reason !== 'ManifestsRefused') throw thrown;
      // The account has fewer rights than it had: what left the manifests long ago must not refuse every push.
      if (isIn(last, ref)) say(`${nameOf(ref)}: is no longer in the manifests and stays: ${plain(message, 500)}`);
      return undefined;
    });
    if (live && isKept(live)) keeping.add(keyOf(ref));
    return live?.metadata.labels?.[inventoryLabel] === labelOf(remote, ref.namespace !== undefined) ? [ref] : [];
  });
  return found.flat().filter((ref) => {
    const deployed = workloads.some(({ kind, name }) => kind === ref.kind && name === ref.name);
    if (!deployed && !kept.includes(ref.kind) && !keeping.has(keyOf(ref))) return true;
    const why = deployed ? 'the Remote deploys it' : byHand(ref);
    if (isIn(last, ref)) say(`${nameOf(ref)}: is no longer in the manifests and stays: ${why}`);
    return false;
  });
}

function isIn(inventory: readonly InventoryEntry[], ref: ObjectRef): boolean {
  return inventory.some((entry) => keyOf(entry) === keyOf(ref));
}

/**
 * Deletes them, as far as they still are of this Remote. What cannot be deleted is reported and is no error: the release
 * runs, and the next push tries again.
 */
export async function prune(deps: KubeDeps, refs: readonly ObjectRef[], { as, remote, say }: PruneWork): Promise<void> {
  for (const ref of refs) {
    try {
      const live = await retryCall(deps, () => deps.kube.getObject(ref, { as }));
      const uid = live?.metadata.uid;
      const ours = live?.metadata.labels?.[inventoryLabel] === labelOf(remote, ref.namespace !== undefined);
      if (!ours || uid === undefined) continue;
      await retryCall(deps, () => deps.kube.deleteObject(ref, { as, uid }));
      const left = await retryCall(deps, () => deps.kube.getObject(ref, { as }));
      say(`${nameOf(ref)}: is no longer in the manifests${endOf(left, uid)}`);
    } catch (thrown) {
      const { message } = asGitkubeError(thrown);
      say(`${nameOf(ref)}: is no longer in the manifests and could not be deleted: ${plain(message, 500)}`);
      deps.log.warn({ object: nameOf(ref), message }, 'an object could not be pruned');
    }
  }
}

/** What is only on its way out, such as a pod, ends on its own; finalizers may hold an object for ever. */
function endOf(left: AnyObject | undefined, uid: string): string {
  const finalizers = left?.metadata.uid === uid ? left.metadata.finalizers : undefined;
  if (!Array.isArray(finalizers) || finalizers.length === 0) return ', deleted';
  return ` and is deleted, but held by its finalizers ${plain(JSON.stringify(finalizers), 200)}`;
}

/** Helm's own annotation for an object that stays when the manifests no longer have it. */
function isKept({ metadata: { annotations } }: AnyObject): boolean {
  return annotations?.['helm.sh/resource-policy'] === 'keep';
}

function byHand({ kind, namespace, name }: ObjectRef): string {
  return `kubectl ${namespace === undefined ? '' : `-n ${namespace} `}delete ${kind.toLowerCase()} ${name}`;
}

function toRef({ apiVersion, kind, namespace, name }: InventoryEntry): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
