import type { AnyObject } from '../../kube/kube.ts';
import { isFields } from '../objects/objects.ts';
import { entriesOf, type FieldSet, isApplied, itemMatches } from './managed-fields.ts';

/** A step on the way to a field: into a map, or to an item of a list. */
export type Step = { readonly field: string } | { readonly index: number; readonly item: unknown };

/** Who has set a field, as the API server has noted it. */
export interface FieldOwner {
  readonly manager: string;
  /** It is what the last deploy has applied. */
  readonly isApplied: boolean;
  readonly subresource?: string | undefined;
  /** RFC 3339: when this manager last changed anything of the object. */
  readonly at?: string | undefined;
}

/** Who has set what is at a path of an object, the last one first; empty: the API server does not know. */
export function ownersAt(object: AnyObject, path: readonly Step[]): FieldOwner[] {
  const owners = entriesOf(object)
    .filter(({ fieldsV1 }) => holds(fieldsV1, path))
    .map((entry) => ({
      manager: entry.manager,
      isApplied: isApplied(entry),
      subresource: entry.subresource,
      at: typeof entry.time === 'string' ? entry.time : undefined,
    }));
  return owners.sort((a, b) => (b.at ?? '').localeCompare(a.at ?? ''));
}

function holds(set: FieldSet, [step, ...rest]: readonly Step[]): boolean {
  if (step === undefined) return true;
  const key = keyAt(set, step);
  // What has nothing below it was set as a whole.
  if (key === undefined) return Object.keys(set).length === 0;
  const below = set[key];
  return isFields(below) && holds(below, rest);
}

function keyAt(set: FieldSet, step: Step): string | undefined {
  if ('field' in step) return Object.hasOwn(set, `f:${step.field}`) ? `f:${step.field}` : undefined;
  return Object.keys(set).find((key) =>
    key.startsWith('i:') ? key === `i:${step.index}` : itemMatches(key, step.item),
  );
}
