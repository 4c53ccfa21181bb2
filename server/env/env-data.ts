import type { ConfigKind } from '../../kube/kube.ts';

/** Names with their values as the API server has them: in base64 in a Secret, as text in a ConfigMap. */
export type EnvData = ReadonlyMap<string, string>;

/** Names alone: values are in no output, log or record. */
export interface EnvDifference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export function readData({ data = {} }: { readonly data?: Readonly<Record<string, string>> }): EnvData {
  return new Map(Object.entries(data));
}

/** Every name of which one of both has another value, sorted. */
export function compareEnv(before: EnvData, after: EnvData): EnvDifference {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return {
    added: names.filter((name) => !before.has(name)),
    changed: names.filter((name) => before.has(name) && after.has(name) && before.get(name) !== after.get(name)),
    removed: names.filter((name) => !after.has(name)),
  };
}

export function isSameEnv(one: EnvData, other: EnvData): boolean {
  return differing(compareEnv(one, other)).length === 0;
}

export function differing({ added, changed, removed }: EnvDifference): readonly string[] {
  return [...added, ...changed, ...removed];
}

const shownNames = 8;

/** `A, B added; C changed` */
export function envInWords({ added, changed, removed }: EnvDifference): string {
  const parts = [part(added, 'added'), part(changed, 'changed'), part(removed, 'removed')];
  return parts.filter((text) => text !== '').join('; ');
}

function part(names: readonly string[], what: string): string {
  if (names.length === 0) return '';
  const others = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${others > 0 ? ` and ${others} more` : ''} ${what}`;
}

export function valueBytes(kind: ConfigKind, value: string): number {
  return Buffer.byteLength(value, kind === 'Secret' ? 'base64' : 'utf8');
}
