import type { AnyObject } from '../../kube/kube.ts';
import { isFields } from '../objects/objects.ts';
import { adoptedFields } from './adopt.ts';
import { appliedFields, type FieldSet, isApplied, minus, present, union } from './managed-fields.ts';

/** What has gone with an apply, because only those had set it whose fields were taken over. */
export function removedFields(before: AnyObject, after: AnyObject, isOurs: boolean): FieldSet {
  const leaving = leavingFields(before, after, isOurs);
  return minus(present(leaving, before), present(leaving, after));
}

/** Whether something surely goes with the next apply; a field may come back as its default. */
export function losesItems(live: AnyObject, tried: AnyObject, isOurs: boolean): boolean {
  return hasItems(leavingFields(live, tried, isOurs));
}

/** @param alone the manifest, applied to nothing */
export function leavesAnything(live: AnyObject, alone: AnyObject, isOurs: boolean): boolean {
  return Object.keys(leavingFields(live, alone, isOurs)).length > 0;
}

/** What only those have set whose fields are taken over. */
function leavingFields(live: AnyObject, applied: AnyObject, isOurs: boolean): FieldSet {
  const adopted = adoptedFields(live, isOurs) ?? [];
  const others = adopted.filter((entry) => !isApplied(entry)).map((entry) => entry.fieldsV1);
  const taken = adopted.find(isApplied)?.fieldsV1 ?? {};
  return withoutNote(minus(taken, union(appliedFields(applied), ...others)));
}

/** Maps whose keys are anything, so that none has a default. */
const freeMaps = ['f:annotations', 'f:binaryData', 'f:data', 'f:labels', 'f:matchLabels', 'f:nodeSelector'];

function hasItems(set: FieldSet): boolean {
  return Object.entries(set).some(([key, below]) => {
    if (!isFields(below)) return false;
    if (freeMaps.includes(key)) return Object.keys(below).some((one) => one !== '.');
    return (key.startsWith('k:') && '.' in below) || hasItems(below);
  });
}

/** kubectl's own note of what it has applied says nothing to the pusher. */
function withoutNote(set: FieldSet): FieldSet {
  const note = { 'f:kubectl.kubernetes.io/last-applied-configuration': {}, '.': {} };
  return minus(set, { 'f:metadata': { 'f:annotations': note } });
}
