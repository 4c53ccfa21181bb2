/** Sets of fields as `metadata.managedFields` has them (structured-merge-diff's FieldsV1): who set what of an object. */
import type { AnyObject } from '../../kube/kube.ts';
import { isFields } from '../objects/objects.ts';

/** `f:name`, `k:{"name":"web"}`, `v:"value"`; `.` is the item itself. */
export type FieldSet = Readonly<Record<string, unknown>>;

export interface ManagedEntry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: FieldSet;
  readonly [field: string]: unknown;
}

export function entriesOf({ metadata }: AnyObject): ManagedEntry[] {
  return (metadata.managedFields ?? []).filter(
    (one): one is ManagedEntry => isFields(one) && typeof one.manager === 'string' && isFields(one.fieldsV1),
  );
}

/** What Gitkube applies of an object. */
export function appliedFields(object: AnyObject): FieldSet {
  return entriesOf(object).find(isApplied)?.fieldsV1 ?? {};
}

export function isApplied({ manager, operation, subresource }: ManagedEntry): boolean {
  return manager === 'gitkube' && operation === 'Apply' && !subresource;
}

export function union(...sets: readonly FieldSet[]): FieldSet {
  const all: Record<string, unknown> = {};
  for (const [key, below] of sets.flatMap(Object.entries) as [string, unknown][]) {
    const known = all[key];
    all[key] = isFields(known) && isFields(below) ? union(known, below) : below;
  }
  return all;
}

/** What is in the one and not in the other. */
export function minus(set: FieldSet, other: FieldSet): FieldSet {
  const left = Object.entries(set).flatMap(([key, below]): [string, unknown][] => {
    const known = other[key];
    if (!isFields(known)) return [[key, below]];
    const rest = isFields(below) ? minus(below, known) : {};
    return Object.keys(rest).length > 0 ? [[key, rest]] : [];
  });
  return Object.fromEntries(left);
}

/** Those fields of a set that an object has. */
export function present(set: FieldSet, value: unknown): FieldSet {
  const found = Object.entries(set).flatMap(([key, below]): [string, unknown][] => {
    if (key === '.') return value === undefined ? [] : [[key, below]];
    const at = valueAt(value, key);
    if (at === undefined) return [];
    if (!isFields(below) || Object.keys(below).length === 0) return [[key, below]];
    const rest = present(below, at);
    return Object.keys(rest).length > 0 ? [[key, rest]] : [];
  });
  return Object.fromEntries(found);
}

function valueAt(value: unknown, key: string): unknown {
  const [kind, name] = [key.slice(0, 2), key.slice(2)];
  if (kind === 'f:') return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (!Array.isArray(value)) return undefined;
  if (kind === 'i:') return value[Number(name)];
  return value.find((one) => itemMatches(key, one));
}

/** Whether an item of a list is the one of this key: `k:{"name":"web"}`, or `v:"value"`. */
export function itemMatches(key: string, item: unknown): boolean {
  const wanted = parsed(key.slice(2));
  if (key.startsWith('v:')) return item === wanted;
  if (!key.startsWith('k:') || !isFields(wanted)) return false;
  return Object.entries(wanted).every(([name, value]) => isFields(item) && item[name] === value);
}

/** `spec.template.spec.containers[web].env[OLD]`; a list item or a map that is in the set itself stands for what it has. */
export function pathsOf(set: FieldSet, above = ''): string[] {
  return Object.entries(set).flatMap(([key, below]) => {
    if (key === '.') return [];
    const path = key.startsWith('f:')
      ? `${above === '' ? '' : `${above}.`}${key.slice(2)}`
      : `${above}[${itemOf(key)}]`;
    const deeper = isFields(below) && !('.' in below) ? pathsOf(below, path) : [];
    return deeper.length > 0 ? deeper : [path];
  });
}

function itemOf(key: string): string {
  const value = parsed(key.slice(2));
  return isFields(value) ? Object.values(value).join(',') : String(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
