import { asGitkubeError } from '../../base/errors.ts';
import { type AnyObject, refOf } from '../../kube/index.ts';
import { type KubeDeps, retryCall, retryChange } from '../../kube/retrying-kube.ts';
import { groupOf } from '../objects/object-fields.ts';
import { isFields } from '../objects/objects.ts';
import { entriesOf, type FieldSet, isApplied, type ManagedEntry, union } from './managed-fields.ts';

/**
 * Who applied whole objects before the API server knew who applies what: `kubectl apply`, and everybody of the time
 * before. What they set would stay for ever, so it is taken over each time, as kubectl and Flux do (client-go's csaupgrade).
 */
const predecessors = new Set(['kubectl-client-side-apply', 'before-first-apply']);
/** Who else makes whole objects: taken over once, with the object. Afterwards they are hands like any other. */
const makers = new Set(['helm', 'kubectl', 'kubectl-create', 'kubectl-replace']);

/** @param isOurs it was applied by this Remote before */
export function isTakenOver({ manager, operation, subresource }: ManagedEntry, isOurs: boolean): boolean {
  if (subresource) return false;
  if (predecessors.has(manager)) return operation === 'Update';
  return !isOurs && makers.has(manager);
}

/** The managed fields of an object as they have to be before it is applied; undefined: as they are. */
export function adoptedFields(live: AnyObject, isOurs: boolean): ManagedEntry[] | undefined {
  const entries = entriesOf(live);
  const taken = entries.filter((entry) => isTakenOver(entry, isOurs));
  const own = entries.find(isApplied);
  const before = own?.fieldsV1 ?? {};
  const mended = isSecret(live) ? withData(before) : before;
  const [pattern = own] = taken;
  if (!pattern || (taken.length === 0 && mended === before)) return undefined;
  const fieldsV1 = union(mended, ...taken.map((entry) => entry.fieldsV1));
  const ours = { ...(own ?? pattern), manager: 'gitkube', operation: 'Apply', fieldsV1 };
  return [ours, ...entries.filter((entry) => entry !== own && !taken.includes(entry))];
}

/** Moves the ownership of fields, so that those leave which the manifests no longer have. */
export async function adopt(deps: KubeDeps, live: AnyObject, isOurs: boolean, as: string): Promise<void> {
  let object: AnyObject | undefined = live;
  for (let tries = 5; object; tries--) {
    const managedFields = adoptedFields(object, isOurs);
    if (!managedFields) return;
    const { resourceVersion } = object.metadata;
    const patch = { metadata: { resourceVersion, managedFields } };
    try {
      await retryChange(deps, () => deps.kube.mergeObject(refOf(live), patch, { as }));
      return;
    } catch (thrown) {
      if (asGitkubeError(thrown).reason !== 'WorkloadChanged' || tries <= 1) throw thrown;
    }
    object = await retryCall(deps, () => deps.kube.getObject(refOf(live), { as }));
  }
}

/** Whether somebody who owned fields of it no longer does. */
export function hasLostOwners(before: AnyObject, live: AnyObject): boolean {
  const nameOf = ({ manager, operation, subresource }: ManagedEntry) => `${manager} ${operation} ${subresource ?? ''}`;
  const now = new Set(entriesOf(live).map(nameOf));
  return entriesOf(before).some((entry) => !now.has(nameOf(entry)));
}

function isSecret(object: AnyObject): boolean {
  return object.kind === 'Secret' && groupOf(object) === '';
}

/** An earlier Gitkube applied `stringData`, which the API server keeps as `data` that nobody owns. */
function withData(set: FieldSet): FieldSet {
  const { 'f:stringData': text, ...rest } = set;
  return isFields(text) ? union(rest, { 'f:data': text }) : set;
}
