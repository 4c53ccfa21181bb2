import { isDeepStrictEqual } from 'node:util';
import { GitkubeError } from '../../base/errors.ts';
import type { JsonPatch } from '../../kube/index.ts';
import { type AccessEntry, type AuthorizedKey, parseAuthorizedKeys } from '../../remote-crd/index.ts';

/** The entries of spec.authorizedKeys: any number of lines each. */
export type Entries = readonly string[];

/** A key as a line of an authorized_keys file. */
export function keyLine({ options = '', type, blob, comment }: AuthorizedKey): string {
  return `${options} ${type} ${blob.toString('base64')} ${comment}`.trim();
}

/** `alice@laptop (SHA256:…)`. */
export function keyName({ comment, fingerprint }: AuthorizedKey): string {
  return comment === '' ? fingerprint : `${comment} (${fingerprint})`;
}

/** Entries without every line that holds one of these keys; entries that hold nothing any more go away. */
export function withoutKeys(entries: Entries, fingerprints: ReadonlySet<string>): Entries {
  return entries.flatMap((entry) => {
    const kept = entry.split(/\r?\n|\r/).filter((line) => {
      const [key] = parseAuthorizedKeys([line]).keys;
      return key === undefined || !fingerprints.has(key.fingerprint);
    });
    const says = kept.some((line) => line.trim() !== '' && !line.trim().startsWith('#'));
    return says ? [kept.join('\n')] : [];
  });
}

/**
 * The keys that a person means: by fingerprint, with or without `SHA256:`, or by comment.
 * @throws UsageInvalid when there is none, or when a comment is that of several keys
 */
export function chooseKey(keys: readonly AuthorizedKey[], wanted: string): AuthorizedKey {
  const byFingerprint = keys.find(({ fingerprint }) => [wanted, `SHA256:${wanted}`].includes(fingerprint));
  if (byFingerprint) return byFingerprint;
  const [found, ...more] = keys.filter(({ comment }) => comment === wanted);
  if (found === undefined) {
    throw new GitkubeError('UsageInvalid', `no key has the fingerprint or comment ${wanted}`, {
      evidence: keys.map(keyName),
      hint: keys.length === 0 ? 'the remote has no usable key at all' : 'name one of these',
    });
  }
  if (more.length === 0) return found;
  throw new GitkubeError('UsageInvalid', `${more.length + 1} keys have the comment ${wanted}`, {
    evidence: [found, ...more].map(({ fingerprint }) => fingerprint),
    hint: 'name one by its fingerprint',
  });
}

/** Of a Remote; undefined: it has no such field. */
export interface KeyFields {
  readonly authorizedKeys: Entries | undefined;
  readonly access: readonly AccessEntry[] | undefined;
}

/**
 * Replaces the fields that were read, and nothing that came in between: where there is no field there is nothing to test but
 * the version of the whole object.
 */
export function replaceKeys(
  before: KeyFields & { readonly resourceVersion: string | undefined },
  after: { readonly [field in keyof KeyFields]: NonNullable<KeyFields[field]> },
): JsonPatch {
  const version = { op: 'test', path: '/metadata/resourceVersion', value: before.resourceVersion } as const;
  return (['authorizedKeys', 'access'] as const).flatMap((field): JsonPatch => {
    const [path, was, now] = [`/spec/${field}`, before[field], after[field]];
    if (isDeepStrictEqual(was ?? [], now)) return was === undefined ? [] : [{ op: 'test', path, value: was } as const];
    if (was === undefined) return [version, { op: 'add', path, value: now } as const];
    const isGone = field === 'access' && now.length === 0;
    const change = isGone ? ({ op: 'remove', path } as const) : ({ op: 'replace', path, value: now } as const);
    return [{ op: 'test', path, value: was } as const, change];
  });
}
