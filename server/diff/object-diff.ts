import { type AnyObject, refOf } from '../../kube/index.ts';
import { isHidden, mentions, shown } from './hidden.ts';
import { isBuiltIn, isSecret, normalize } from './normalize.ts';
import { pathText } from './path.ts';
import { type Change, diffTrees } from './trees.ts';

/** A field that differs; `from` and `to` are missing where it is not there, and where its values are hidden. */
export interface FieldChange {
  readonly path: string;
  /** Of a text of many lines: the first one that differs. `from` and `to` are that line. */
  readonly line?: number;
  readonly from?: unknown;
  readonly to?: unknown;
  readonly hidden?: 'added' | 'changed' | 'removed';
  /** The field manager that has set it in the cluster. */
  readonly by?: string;
  /** When that manager last changed the object: RFC 3339. */
  readonly at?: string;
  /** Why it is no difference. */
  readonly note?: string;
}

/** What of an object differs. */
export interface ObjectDiff {
  readonly kind: string;
  readonly name: string;
  /** Absent: an object of the cluster. */
  readonly namespace?: string;
  /** `unknown`: `problem` says why. */
  readonly state: 'same' | 'changed' | 'missing' | 'deleting' | 'added' | 'removed' | 'unknown';
  readonly changes: readonly FieldChange[];
  readonly problem?: string;
}

/** What else is known of a change. */
export type Explain = (change: Change) => Pick<FieldChange, 'by' | 'at' | 'note'>;

/**
 * What has changed from one object to the other.
 * @param secrets texts that are shown nowhere
 */
export function diffObjects(
  from: AnyObject,
  to: AnyObject,
  secrets: readonly string[] = [],
  explain: Explain = () => ({}),
): ObjectDiff {
  const isSecretAt = (change: Change) =>
    isHidden(change, isSecret(to)) || mentions(change.from, secrets) || mentions(change.to, secrets);
  const changes = diffTrees(normalize(from), normalize(to), isBuiltIn(to)).map((change) => ({
    ...(isSecretAt(change) ? hiddenChange(change) : shownChange(change)),
    ...explain(change),
  }));
  return { ...stateOf(refOf(to), changes.some(isDifference) ? 'changed' : 'same'), changes };
}

export function stateOf(
  { kind, name, namespace }: { readonly kind: string; readonly name: string; readonly namespace?: string | undefined },
  state: ObjectDiff['state'],
  problem?: string,
): ObjectDiff {
  const where = namespace === undefined ? {} : { namespace };
  return { kind, name, ...where, state, changes: [], ...(problem === undefined ? {} : { problem }) };
}

export function isDifference({ note }: FieldChange): boolean {
  return note === undefined;
}

function hiddenChange({ path, from, to }: Change): FieldChange {
  return { path: pathText(path), hidden: from === undefined ? 'added' : to === undefined ? 'removed' : 'changed' };
}

function shownChange({ path, from, to }: Change): FieldChange {
  const isText = typeof from === 'string' && typeof to === 'string' && `${from}${to}`.includes('\n');
  const line = isText ? firstLine(from, to) : undefined;
  const [before, after] = line ? [line.from, line.to] : [from, to];
  return {
    path: pathText(path),
    ...(line && { line: line.number }),
    ...(before !== undefined && { from: brief(shown(before)) }),
    ...(after !== undefined && { to: brief(shown(after)) }),
  };
}

/** The first line that differs; undefined: one of them has no more lines. */
function firstLine(from: string, to: string): { number: number; from?: string; to?: string } {
  const [before, after] = [from.split('\n'), to.split('\n')];
  const index = Array.from(before).findIndex((line, at) => line !== after[at]);
  const at = index === -1 ? before.length : index;
  const [old, now] = [before[at], after[at]];
  return { number: at + 1, ...(old !== undefined && { from: old }), ...(now !== undefined && { to: now }) };
}

const maxText = 2000;

/** A value that may be printed, whatever somebody has written into an object. */
function brief(value: unknown): unknown {
  if (typeof value === 'string') return value.length > maxText ? `${value.slice(0, maxText)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value);
  return text.length > maxText ? `${text.slice(0, maxText)}…` : value;
}
