import { plain } from '../../../base/text.ts';
import { type IssuerTrust, identityClaims } from '../../../remote-crd/index.ts';
import type { Claims } from './issuers.ts';

/** A claim of a token that is not what an entry of `spec.trust` wants. */
export interface Mismatch {
  readonly claim: string;
  /** Undefined: it has none, or one that is no text. */
  readonly has: string | undefined;
  readonly wants: string;
}

/** What of a token does not fit an entry; empty: it fits. */
export function mismatchesOf({ audience, claims: wanted }: IssuerTrust, claims: Claims): readonly Mismatch[] {
  const audiences = [claims.aud].flat();
  const others = Object.entries(wanted).flatMap(([claim, wants]) => {
    const has = textOf(claims, claim);
    return has !== undefined && fits(wants, has) ? [] : [{ claim, has, wants }];
  });
  if (audiences.includes(audience)) return others;
  return [
    { claim: 'aud', has: audiences.filter((one) => typeof one === 'string').join(', '), wants: audience },
    ...others,
  ];
}

/** Whether it is a token of whom the entry is about, though it may be of another branch. */
export function isOfTrusted(mismatches: readonly Mismatch[]): boolean {
  return !mismatches.some(({ claim }) => identityClaims.includes(claim));
}

/** `ref is refs/heads/dev, not refs/heads/main`; `environment is missing or no text, not production` */
export function mismatchWords({ claim, has, wants }: Mismatch): string {
  const own = has === undefined || has === '' ? 'missing or no text' : plain(has, 200);
  return `${plain(claim, 128)} is ${own}, not ${plain(wants, 200)}`;
}

/** Whose token it is, for somebody who reads nothing else: `repository_id 42, sub repo:a/b` */
export function identityWords(claims: Claims): string {
  const all = identityClaims.flatMap((claim) => {
    const text = textOf(claims, claim);
    return text === undefined ? [] : [`${claim} ${plain(text, 200)}`];
  });
  return all.join(', ') || 'nobody';
}

/** For records: of what the token is, and who has set off the job, where it says so. */
export function holderWords(claims: Claims): string {
  const who = textOf(claims, 'actor') ?? textOf(claims, 'user_login');
  const what = textOf(claims, 'sub');
  return [what, who].filter((text) => text !== undefined).join(', ');
}

/**
 * Own claims alone, as text: an issuer may give a number or true where another one gives a string. A number that is too large
 * for JavaScript is another one by now.
 */
function textOf(claims: Claims, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
}

function fits(wants: string, has: string): boolean {
  return wants.endsWith('*') ? has.startsWith(wants.slice(0, -1)) && has.length >= wants.length : has === wants;
}
