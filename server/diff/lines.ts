import { ago, plain } from '../../base/text.ts';
import type { FieldChange, ObjectDiff } from './object-diff.ts';

export interface LineWords {
  /** When the cluster was looked at, in milliseconds since the epoch. */
  readonly now?: number;
  /** Of an object that only the first one has, or only the second one. */
  readonly removed?: string;
  readonly added?: string;
}

/** A block of lines for each object: its changed paths, from and to, by whom and when. */
export function objectLines(objects: readonly ObjectDiff[], words: LineWords): string[] {
  return objects.flatMap((object) => {
    const name = `${plain(object.kind, 100)} ${plain(object.name, 253)}`;
    const { state, changes, problem = '' } = object;
    if (state === 'missing') return [`${name}: does not exist`];
    if (state === 'deleting') return [`${name}: is being deleted`];
    if (state === 'removed') return [`${name}: ${words.removed}`];
    if (state === 'added') return [`${name}: ${words.added}`];
    if (state === 'unknown') return [`${name}: cannot be compared: ${plain(problem, 500)}`];
    return [name, ...changeLines(changes, words)];
  });
}

const widest = 60;

/** A line for each change, indented. */
export function changeLines(changes: readonly FieldChange[], words: LineWords = {}): string[] {
  const named = changes.map((change) => ({ change, path: pathOf(change) }));
  const width = Math.min(widest, Math.max(...named.map(({ path }) => path.length)));
  return named.map(({ change, path }) => `  ${path.padEnd(width)}   ${valuesOf(change)}${whoOf(change, words)}`);
}

function pathOf({ path, line }: FieldChange): string {
  return line === undefined ? plain(path, 300) : `${plain(path, 300)}, line ${line}`;
}

function valuesOf({ from, to, hidden }: FieldChange): string {
  if (hidden) return `${hidden} (value hidden)`;
  const [before, after] = withoutRepository(textOf(from), textOf(to));
  return `${before}  →  ${after}`;
}

/** Of two images of one repository only the digests differ. */
function withoutRepository(from: string, to: string): readonly [string, string] {
  const [old, now] = [from, to].map((text) => /^(\S+)@(sha256:\w+…)$/.exec(text));
  return old?.[2] && now?.[2] && old[1] === now[1] ? [old[2], now[2]] : [from, to];
}

function whoOf({ by, at, note }: FieldChange, { now }: LineWords): string {
  const when = at !== undefined && now !== undefined ? [ago(now - Date.parse(at))] : [];
  const who = by === undefined ? '' : ` (${[plain(by, 100), ...when].join(', ')})`;
  return note === undefined ? who : `${who}   no difference: ${note}`;
}

function textOf(value: unknown): string {
  if (value === undefined) return '(none)';
  if (value === '') return '""';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return plain(shortDigests(text), 200);
}

/** The first digits are enough to see which one it is. */
function shortDigests(text: string): string {
  return text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…');
}
