import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../base/clock.ts';
import { plain } from '../../../base/text.ts';
import type { IssuerTrust, Remote, Remotes, TrustRule } from '../../../remote-crd/index.ts';
import type { Principal } from '../principal.ts';
import { holderWords, identityWords, isOfTrusted, type Mismatch, mismatchesOf, mismatchWords } from './claims.ts';
import { type Claims, type Issuers, peek } from './issuers.ts';
import type { ServiceAccounts } from './service-accounts.ts';

export interface TrustOptions {
  readonly issuers: Pick<Issuers, 'has' | 'verify'>;
  /** Unset: none is trusted. */
  readonly accounts?: Pick<ServiceAccounts, 'review'> | undefined;
  readonly remotes: Pick<Remotes, 'entry' | 'entries'>;
  readonly clock: Pick<Clock, 'now'>;
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
      readonly hint?: string;
      readonly who: Pick<Principal, 'fingerprint' | 'name'>;
      /** It is of somebody whom the Remote trusts, at another time or place: what is wrong is for them to read. */
      readonly isNear: boolean;
    };

export interface Asked {
  /** Of the Remote, which may not be there. */
  readonly id: string;
  readonly remote: Remote | undefined;
  readonly address: string | undefined;
}

interface Holder {
  readonly fingerprint: string;
  readonly name: string;
}

const shownEntries = 3;
const maxMessage = 1000;

/** Whom Remotes trust by tokens that they have not made: jobs of a CI system, and ServiceAccounts (`spec.trust`). */
export class Trust {
  readonly #options: TrustOptions;

  constructor(options: TrustOptions) {
    this.#options = options;
  }

  /** What a Remote that is not there says is what one says that does not trust it. @param token a JWT (RFC 7519) */
  async judge(asked: Asked, token: string): Promise<Judged> {
    const { accounts, clock } = this.#options;
    const { issuer = '', isOfAccount = false } = peek(token, clock.now()) ?? {};
    // The issuer of another cluster has tokens of that form, too.
    const isNamed = asked.remote?.trust?.some((rule) => isOf(rule, issuer)) ?? false;
    if (accounts && isOfAccount && !isNamed) return this.#judgeAccount(asked, accounts, token);
    if (this.#isUsed(issuer)) return this.#judgeIssued(asked, issuer, token);
    const how =
      'the operator lists those that it takes in GITKUBE_TRUSTED_ISSUERS, and spec.trust of a Remote names one';
    return { kind: 'invalid', message: `this server takes no tokens of ${plain(issuer, 200)}: ${how}` };
  }

  /** No stranger makes the server ask an issuer that no Remote trusts. */
  #isUsed(issuer: string): boolean {
    const { issuers, remotes } = this.#options;
    return issuers.has(issuer) && remotes.entries().some((entry) => trustOf(entry).some((rule) => isOf(rule, issuer)));
  }

  async #judgeIssued(asked: Asked, issuer: string, token: string): Promise<Judged> {
    const verified = await this.#options.issuers.verify(issuer, token);
    if (verified.kind === 'invalid')
      return { kind: 'invalid', message: `this token is not valid: ${verified.problem}` };
    if (verified.kind === 'unknown')
      return { kind: 'unknown', message: `tokens cannot be checked: ${verified.problem}` };
    const { claims } = verified;
    const compared = (asked.remote?.trust ?? [])
      .filter((rule) => isOf(rule, issuer))
      .map((rule) => ({ rule, wrong: mismatchesOf(rule, claims) }));
    const fitting = compared.filter(({ wrong }) => wrong.length === 0).map(({ rule }) => rule);
    const [first] = fitting;
    if (!first) return refusalOf(asked.id, issuer, claims, compared);
    const words = holderWords(claims);
    const name = words === '' ? first.name : `${first.name} (${words})`;
    return this.#trusted(asked, fitting, { fingerprint: `issuer:${asked.id}/${first.name}`, name });
  }

  async #judgeAccount(asked: Asked, accounts: Pick<ServiceAccounts, 'review'>, token: string): Promise<Judged> {
    const reviewed = await accounts.review(token, asked.address ?? '');
    if (reviewed.kind === 'invalid')
      return { kind: 'invalid', message: `this token is not valid: ${reviewed.problem}` };
    if (reviewed.kind === 'unknown')
      return { kind: 'unknown', message: `tokens cannot be checked: ${reviewed.problem}` };
    const { account } = reviewed;
    const fitting = (asked.remote?.trust ?? []).filter(
      (rule) => 'serviceAccount' in rule && rule.serviceAccount === account,
    );
    const who = { fingerprint: `serviceaccount:${account}`, name: `ServiceAccount ${account}` };
    if (fitting.length > 0) return this.#trusted(asked, fitting, who);
    const message = `${asked.id} does not trust the ServiceAccount ${account}`;
    return { kind: 'untrusted', message, hint: 'who owns it adds it to spec.trust', who, isNear: false };
  }

  #trusted({ id, remote, address }: Asked, rules: readonly TrustRule[], { fingerprint, name }: Holder): Judged {
    // The Remote may change while its push waits; the token itself is looked at by each request.
    const isKept = async () => {
      const now = trustOf(this.#options.remotes.entry(id));
      return rules.every((rule) => now.some((one) => isDeepStrictEqual(one, rule)));
    };
    const grants = rules.map(({ rights, branches }) => ({ rights, ...(branches && { branches }) }));
    const principal = {
      ...{ fingerprint, name: plain(name, 256), grant: { uid: remote?.uid ?? '', grants, isKept } },
      ...(address !== undefined && { address }),
    };
    return { kind: 'trusted', principal };
  }
}

function trustOf(entry: ReturnType<Remotes['entry']>): readonly TrustRule[] {
  return (entry?.remote ?? entry?.elsewhere?.remote)?.trust ?? [];
}

function isOf(rule: TrustRule, issuer: string): rule is IssuerTrust {
  return 'issuer' in rule && rule.issuer === issuer;
}

interface Compared {
  readonly rule: IssuerTrust;
  readonly wrong: readonly Mismatch[];
}

/** A stranger reads what is in the token, and nothing of what the Remote wants. */
function refusalOf(id: string, issuer: string, claims: Claims, compared: readonly Compared[]): Judged {
  const near = compared.filter(({ wrong }) => isOfTrusted(wrong));
  const who = { fingerprint: `issuer:${issuer}`, name: identityWords(claims) };
  if (near.length === 0) {
    const message = plain(`${id} does not trust a token of ${identityWords(claims)}`, maxMessage);
    return { kind: 'untrusted', message, hint: 'who owns it adds that to spec.trust', who, isNear: false };
  }
  const each = near
    .slice(0, shownEntries)
    .map(({ rule, wrong }) => `${wrong.map(mismatchWords).join(' and ')} (spec.trust ${rule.name})`);
  const message = plain(`${id} does not trust this token: ${each.join('; ')}`, maxMessage);
  return { kind: 'untrusted', message, who, isNear: true };
}
