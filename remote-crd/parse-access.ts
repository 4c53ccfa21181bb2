import { plain } from '../base/text.ts';
import type { AccessRule, AuthorizedKey, Remote, Right } from './remote.ts';

/** An entry of `spec.access`. */
export interface AccessEntry {
  readonly keys: readonly string[];
  readonly may: readonly Right[];
  readonly branches?: readonly string[] | undefined;
}

/**
 * An entry that names a key which is not there narrows nothing, and what it was meant for would have every right: until that is
 * corrected nothing is deployed, and a key that no entry is about may only read.
 */
export function readAccess(
  spec: readonly AccessEntry[] | null | undefined,
  keys: readonly AuthorizedKey[],
): { readonly access: Pick<Remote, 'access'>; readonly problems: readonly string[] } {
  const read = (spec ?? []).map((entry, index) => readRule(entry, `spec.access[${index}]`, keys));
  if (read.length === 0) return { access: {}, problems: [] };
  const problems = read.flatMap((one) => one.problems);
  const rules = read.map(({ rule }) => rule);
  const safe = [...rules.filter(({ keys: about }) => about !== 'others'), onlyRead];
  return { access: { access: problems.length > 0 ? safe : rules }, problems };
}

const onlyRead = { keys: 'others', rights: ['read'] } as const;

function readRule(
  { keys: names, may, branches }: AccessEntry,
  place: string,
  keys: readonly AuthorizedKey[],
): { readonly rule: AccessRule; readonly problems: readonly string[] } {
  const isOthers = names.includes('*');
  const found = names.map((name) => keys.filter((key) => isNamed(key, name)));
  const problems = names.flatMap((name, at) => {
    if (name === '*') return names.length > 1 ? [`${place}.keys has * beside names: give it an entry of its own`] : [];
    return found[at]?.length === 0
      ? [`${place}.keys names ${plain(name, 80)}, which is no comment or fingerprint of a key in spec.authorizedKeys`]
      : [];
  });
  const rule = {
    keys: isOthers ? ('others' as const) : found.flat().map(({ fingerprint }) => fingerprint),
    rights: may,
    ...(branches && { branches }),
  };
  return { rule, problems };
}

/** A comment is whatever stood in a file of somebody: one that looks like the fingerprint of another key names none. */
export function isNamed(
  { comment, fingerprint }: Pick<AuthorizedKey, 'comment' | 'fingerprint'>,
  name: string,
): boolean {
  return looksSpecial(name) ? fingerprint === name : comment === name;
}

/** Names in `spec.access` that are no comment. */
export function looksSpecial(name: string): boolean {
  return name === '' || name === '*' || name.startsWith('SHA256:');
}
