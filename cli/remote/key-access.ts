import { GitkubeError } from '../../base/errors.ts';
import { type AccessEntry, type AuthorizedKey, looksSpecial, type Right, rights } from '../../remote-crd/index.ts';

/** What keys may do that are added. */
export interface WantedAccess {
  readonly may: readonly Right[];
  readonly branches?: readonly string[];
}

type Key = Pick<AuthorizedKey, 'fingerprint' | 'comment'>;

/**
 * Of `--may` and `--branch`; undefined: everything.
 * @throws UsageInvalid
 */
export function wantedAccess(may: string | undefined, branches: readonly string[]): WantedAccess | undefined {
  if (may === undefined) {
    if (branches.length === 0) return undefined;
    throw new GitkubeError('UsageInvalid', '--branch needs --may', { hint: 'for example: --may deploy --branch main' });
  }
  const words = may.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !rights.includes(word as Right));
  if (unknown !== undefined) {
    throw new GitkubeError('UsageInvalid', `--may has ${unknown === '' ? 'an empty word' : unknown}`, {
      hint: `it takes ${rights.join(', ')}, separated by commas`,
    });
  }
  const own = rights.filter((right) => words.includes(right));
  return { may: own, ...(branches.length > 0 && { branches: [...new Set(branches)] }) };
}

/**
 * Gives keys these rights in place of what entries of their own say.
 * @param listed the keys of the Remote, which may have another comment there
 * @throws UsageInvalid when an entry is about one of them by its comment, which may be that of other keys
 */
export function withAccess(
  access: readonly AccessEntry[],
  keys: readonly Key[],
  { may, branches }: WantedAccess,
  listed: readonly Key[] = [],
): readonly AccessEntry[] {
  const same = listed.filter(({ fingerprint }) => keys.some((key) => key.fingerprint === fingerprint));
  for (const { comment } of [...keys, ...same]) {
    const at = access.findIndex((entry) => !looksSpecial(comment) && entry.keys.includes(comment));
    if (at < 0) continue;
    throw new GitkubeError('UsageInvalid', `spec.access[${at}] is about ${comment} already`, {
      hint: 'change that entry: kubectl -n <namespace> edit remote <name>',
    });
  }
  const entry = { keys: keys.map(({ fingerprint }) => fingerprint), may, ...(branches && { branches }) };
  return [...withoutNames(access, new Set(entry.keys)), entry];
}

/** Without the names of keys that are gone; a comment stays as long as another key has it. */
export function withoutKeysOf(
  access: readonly AccessEntry[],
  gone: readonly Key[],
  left: readonly Key[],
): readonly AccessEntry[] {
  const comments = gone
    .map(({ comment }) => comment)
    .filter((one) => !looksSpecial(one) && left.every(({ comment }) => comment !== one));
  return withoutNames(access, new Set([...gone.map(({ fingerprint }) => fingerprint), ...comments]));
}

function withoutNames(access: readonly AccessEntry[], names: ReadonlySet<string>): readonly AccessEntry[] {
  return access.flatMap((entry) => {
    const keys = entry.keys.filter((name) => !names.has(name));
    if (keys.length === entry.keys.length) return [entry];
    return keys.length > 0 ? [{ ...entry, keys }] : [];
  });
}
