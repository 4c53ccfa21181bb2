import { isDeepStrictEqual } from 'node:util';
import { isFields } from '../../applier/index.ts';
import { type ItemKeys, keysOf } from './list-keys.ts';
import { type ItemStep, lastField, type Path } from './path.ts';
import { isSameQuantity } from './quantity.ts';

/** A field that is not the same in two trees; undefined: it is not there. */
export interface Change {
  readonly path: Path;
  readonly from: unknown;
  readonly to: unknown;
}

/**
 * What has changed from one tree to the other: the deepest paths that both have a part of. Both are normalized.
 * @param isBuiltIn whether fields are what the API of Kubernetes has under their names
 */
export function diffTrees(from: unknown, to: unknown, isBuiltIn = true, path: Path = []): Change[] {
  if (isDeepStrictEqual(from, to) || (isBuiltIn && isSameQuantity(from, to, path))) return [];
  if (isFields(from) && isFields(to)) {
    const fields = new Set([...Object.keys(from), ...Object.keys(to)]);
    return [...fields].flatMap((field) => diffTrees(own(from, field), own(to, field), isBuiltIn, [...path, { field }]));
  }
  if (Array.isArray(from) && Array.isArray(to)) return diffLists(from, to, isBuiltIn, path);
  return [{ path, from, to }];
}

function own(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

type List = readonly unknown[];

function diffLists(from: List, to: List, isBuiltIn: boolean, path: Path): Change[] {
  const keys = keysOf(from, to, lastField(path), isBuiltIn);
  return keys ? diffByKey(from, to, isBuiltIn, path, keys) : diffByPlace(from, to, isBuiltIn, path);
}

function diffByKey(from: List, to: List, isBuiltIn: boolean, path: Path, { keyOf, isOrdered }: ItemKeys): Change[] {
  const [before, after] = [from, to].map((list) => new Map(list.map((item, index) => [keyOf(item), { item, index }])));
  const changes = [...new Set([...from, ...to].map(keyOf))].flatMap((label) => {
    const [old, now] = [before?.get(label), after?.get(label)];
    const step = { index: now?.index ?? old?.index ?? 0, item: now?.item ?? old?.item, before: old?.item, label };
    return diffTrees(old?.item, now?.item, isBuiltIn, [...path, step]);
  });
  const orderOf = (list: List, others: typeof before) => list.map(keyOf).filter((key) => others?.has(key));
  const [oldOrder, newOrder] = [orderOf(from, after), orderOf(to, before)];
  if (!isOrdered || isDeepStrictEqual(oldOrder, newOrder)) return changes;
  return [...changes, { path, from: oldOrder, to: newOrder }];
}

/**
 * Whether `diffTrees` finds nothing, in one walk: it compares items by place several times, which lists in lists would
 * multiply.
 */
function isSame(from: unknown, to: unknown, isBuiltIn: boolean, path: Path): boolean {
  if (Object.is(from, to) || (isBuiltIn && isSameQuantity(from, to, path))) return true;
  if (isFields(from) && isFields(to)) {
    const fields = new Set([...Object.keys(from), ...Object.keys(to)]);
    return [...fields].every((field) => isSame(own(from, field), own(to, field), isBuiltIn, [...path, { field }]));
  }
  if (!Array.isArray(from) || !Array.isArray(to) || from.length !== to.length) return false;
  const { keyOf, isOrdered } = keysOf(from, to, lastField(path), isBuiltIn) ?? { keyOf: undefined, isOrdered: true };
  const others = keyOf && !isOrdered ? new Map(to.map((item, index) => [keyOf(item), index])) : undefined;
  return from.every((item, index) => {
    const other = others && keyOf ? others.get(keyOf(item)) : index;
    return other !== undefined && isSame(item, to[other], isBuiltIn, [...path, step(from, to, other)]);
  });
}

/** What both begin and end with is left out, so that one item more is one change. */
function diffByPlace(from: List, to: List, isBuiltIn: boolean, path: Path): Change[] {
  const shorter = Math.min(from.length, to.length);
  const isSameAt = (a: number, b: number) => isSame(from[a], to[b], isBuiltIn, [...path, step(from, to, b)]);
  let start = 0;
  while (start < shorter && isSameAt(start, start)) start++;
  let end = 0;
  while (end < shorter - start && isSameAt(from.length - 1 - end, to.length - 1 - end)) end++;
  const [old, now] = [from.slice(0, from.length - end), to.slice(0, to.length - end)];
  const places = Array.from({ length: Math.max(old.length, now.length) - start }, (_, index) => start + index);
  return places.flatMap((index) => diffTrees(old[index], now[index], isBuiltIn, [...path, step(old, now, index)]));
}

function step(from: List, to: List, index: number): ItemStep {
  const previous = to[index - 1] ?? from[index - 1];
  return { index, item: to[index] ?? from[index], before: from[index], previous, label: String(index) };
}
