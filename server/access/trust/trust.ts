import { isDeepStrictEqual } from 'node:util';
import { plain } from '../../../base/text.ts';
import type { IssuerTrust, Remote, Remotes, TrustRule } from '../../../remote-crd/index.ts';
import type { Principal } from '../principal.ts';
import { holderWords, identityWords, isOfTrusted, type Mismatch, mismatchesOf, mismatchWords } from './claims.ts';
import { type Claims, type Issuers, peek } from './issuers.ts';
import { accountAudience, type ServiceAccounts } from './service-accounts.ts';

export interface TrustOptions {
  readonly issuers: Pick<Issuers, 'has' | 'verify'>;
  /** Unset: none is trusted. */
  readonly accounts?: Pick<ServiceAccounts, 'review'> | undefined;
  readonly remotes: Pick<Remotes, 'entry'>;
}

/** Who has a token that somebody else has made; or why nobody knows, or it is nobody whom the Remote trusts. */
export type Judged =
  | { readonly kind: 'trusted'; readonly principal: Principal }
  /** Wrong, expired, of somebody who is not believed. */
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string }
  | {
      readonly kind: 'untrusted';
      readonly message: string;
      readonly who: Pick<Principal, 'fingerprint' | 'name'>;
      /** It is of somebody whom the Remote trusts, at another time or place: what is wrong is for them to read. */
      readonly isNear: boolean;
    };

interface Asked {
  /** Of the Remote, which may not be there. */
  readonly id: string;
  readonly remote: Remote | undefined;
  readonly address: string | undefined;
}

/** Whom Remotes trust by tokens that they have not made: jobs of a CI system, and ServiceAccounts (`spec.trust`). */
export class Trust {
  readonly #options: TrustOptions;

  constructor(options: TrustOptions) {
    this.#options = options;
  }

  /** What a Remote that is not there says is what one says that does not trust it. @param token a JWT (RFC 7519) */
  async judge(asked: Asked, token: string): Promise<Judged> {
    const { issuers, accounts } = this.#options;
    const { issuer = '', isOfAccount = false } = peek(token) ?? {};
    if (issuers.has(issuer)) return this.#judgeIssued(asked, issuer, token);
    if (accounts && isOfAccount) return this.#judgeAccount(asked, accounts, token);
    const how = isOfAccount
      ? 'the operator turns on those of ServiceAccounts by GITKUBE_SERVICE_ACCOUNT_TOKENS'
      : 'the operator lists those that it takes in GITKUBE_TRUSTED_ISSUERS';
    return { kind: 'invalid', message: `this server takes no tokens of ${plain(issuer, 200)}: ${how}` };
  }

  async #judgeIssued(asked: Asked, issuer: string, token: string): Promise<Judged> {
    const verified = await this.#options.issuers.verify(issuer, token);
    if (verified.kind === 'invalid')
      return { kind: 'invalid', message: `this token is not valid: ${verified.problem}` };
    if (verified.kind === 'unknown')
      return { kind: 'unknown', message: `tokens cannot be checked: ${verified.problem}` };
    const { claims } = verified;
    const rules = (asked.remote?.trust ?? []).filter((rule) => 'issuer' in rule && rule.issuer === issuer);
    const compared = (rules as IssuerTrust[]).map((rule) => ({ rule, wrong: mismatchesOf(rule, claims) }));
    const found = compared.find(({ wrong }) => wrong.length === 0);
    if (found) return this.#trusted(asked, found.rule, `issuer:${found.rule.name}`, holderWords(claims));
    return {
      ...refusalOf(asked.id, claims, compared),
      who: { fingerprint: `issuer:${issuer}`, name: identityWords(claims) },
    };
  }

  async #judgeAccount(asked: Asked, accounts: Pick<ServiceAccounts, 'review'>, token: string): Promise<Judged> {
    const reviewed = await accounts.review(token);
    if (reviewed.kind === 'invalid') {
      const how = `a ServiceAccount needs one for the audience ${accountAudience}`;
      return { kind: 'invalid', message: `this token is not valid: ${reviewed.problem}; ${how}` };
    }
    if (reviewed.kind === 'unknown')
      return { kind: 'unknown', message: `tokens cannot be checked: ${reviewed.problem}` };
    const { account } = reviewed;
    const rule = asked.remote?.trust?.find((one) => 'serviceAccount' in one && one.serviceAccount === account);
    const who = { fingerprint: `serviceaccount:${account}`, name: `ServiceAccount ${account}` };
    if (rule) return this.#trusted(asked, rule, who.fingerprint, account);
    const message = `${asked.id} does not trust the ServiceAccount ${account}; who owns it adds it to spec.trust`;
    return { kind: 'untrusted', message, who, isNear: false };
  }

  #trusted({ id, remote, address }: Asked, rule: TrustRule, fingerprint: string, holder: string): Judged {
    const { name, rights, branches } = rule;
    // The entry of a Remote that is being served changes without a request; the token itself is looked at by each.
    const isKept = async () => {
      const entry = this.#options.remotes.entry(id);
      const { trust = [] } = entry?.remote ?? entry?.elsewhere?.remote ?? {};
      return trust.some((one) => isDeepStrictEqual(one, rule));
    };
    const principal = {
      fingerprint,
      name: plain(holder === '' ? name : `${name} (${holder})`, 256),
      ...(address !== undefined && { address }),
      grant: { uid: remote?.uid ?? '', rights, ...(branches && { branches }), isKept },
    };
    return { kind: 'trusted', principal };
  }
}

interface Compared {
  readonly rule: IssuerTrust;
  readonly wrong: readonly Mismatch[];
}

/** A stranger reads what is in the token, and nothing of what the Remote wants. */
function refusalOf(id: string, claims: Claims, compared: readonly Compared[]) {
  const near = compared.filter(({ wrong }) => isOfTrusted(wrong));
  if (near.length === 0) {
    const message = `${id} does not trust a token of ${identityWords(claims)}; who owns it adds that to spec.trust`;
    return { kind: 'untrusted', message, isNear: false } as const;
  }
  const each = near.map(({ rule, wrong }) => `${wrong.map(mismatchWords).join(' and ')} (spec.trust ${rule.name})`);
  return { kind: 'untrusted', message: `${id} does not trust this token: ${each.join('; ')}`, isNear: true } as const;
}
