import type { Remote, TrustRule } from './remote.ts';
import type { TrustEntry } from './schema-trust.ts';

/** Whose tokens are trusted, as `spec.trust` has it. */
export function readTrust(entries: readonly TrustEntry[] | null | undefined): Pick<Remote, 'trust'> {
  const trust = (entries ?? []).flatMap(readEntry);
  return trust.length > 0 ? { trust } : {};
}

function readEntry({ name, issuer, audience, claims, serviceAccount, may, branches }: TrustEntry): TrustRule[] {
  const rule = { name, rights: may, ...(branches && { branches }) };
  if (serviceAccount !== undefined) return [{ ...rule, serviceAccount }];
  // The schema lets no other one pass.
  return issuer === undefined || audience === undefined || !claims ? [] : [{ ...rule, issuer, audience, claims }];
}
