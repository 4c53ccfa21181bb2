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

/** `ref is refs/heads/dev, not refs/heads/main`; `environment is missing, not production` */
export function mismatchWords({ claim, has, wants }: Mismatch): string {
  return `${claim} is ${has === undefined || has === '' ? 'missing' : plain(has, 200)}, not ${wants}`;
}

/** Whose token it is, for somebody who reads nothing else: `repository_id 42, sub repo:a/b` */
export function identityWords(claims: Claims): string {
  const all = identityClaims.flatMap((claim) => {
    const text = textOf(claims, claim);
    return text === undefined ? [] : [`${claim} ${plain(text, 200)}`];
  });
  return all.join(', ') || 'nobody';
}

/** For records: who set off the job, where the token says it, and of what it is. */
export function holderWords(claims: Claims): string {
  const who = textOf(claims, 'actor') ?? textOf(claims, 'user_login');
  const what = textOf(claims, 'sub');
  return [who, what].filter((text) => text !== undefined).join(', ');
}

/** Own claims alone, as text: an issuer may give a number or true where another one gives a string. */
function textOf(claims: Claims, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

function fits(wants: string, has: string): boolean {
  return wants.endsWith('*') ? has.startsWith(wants.slice(0, -1)) && has.length >= wants.length : has === wants;
}
