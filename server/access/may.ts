import { AddressList } from '../../base/address-list.ts';
import { type AuthorizedKey, type Grant, grantsOf, type KeyLimits, type Remote } from '../../remote-crd/index.ts';
import type { Principal, TokenGrant } from './principal.ts';
import { allows, isOfBranch, type Verb } from './verbs.ts';

/** What somebody wants to do. */
export interface Wish {
  readonly verb: Verb;
  /** One of them is enough; unset: whichever it is, that is not decided here. */
  readonly branches?: readonly string[] | undefined;
}

/** Who wants to do what. */
export interface Act extends Wish {
  readonly principal: Principal;
  /** What is pushed beside a deploy. */
  readonly refs?: readonly string[] | undefined;
}

/** Why a key may not do what it wants to. */
export type Denial =
  | { readonly kind: 'unlisted' }
  | { readonly kind: 'expired'; readonly at: number }
  | { readonly kind: 'address' }
  | { readonly kind: 'touch' }
  | { readonly kind: 'pin' }
  | { readonly kind: 'right' };

type Keys = Pick<Remote, 'keys' | 'access' | 'uid'>;

/** @param now milliseconds since 1970 @returns undefined: it may */
export function denialOf(remote: Keys, principal: Principal, wish: Wish, now: number): Denial | undefined {
  if (principal.isTrusted) return undefined;
  if (principal.grant) return denialOfToken(remote, principal.grant, wish, now);
  const key = remote.keys.find(({ fingerprint }) => fingerprint === principal.fingerprint);
  if (!key) return { kind: 'unlisted' };
  return limitOf(key, principal, now) ?? (hasRight(remote, key, wish) ? undefined : { kind: 'right' });
}

/** @param now milliseconds since 1970 */
export function may(remote: Keys, principal: Principal, wish: Wish, now: number): boolean {
  return denialOf(remote, principal, wish, now) === undefined;
}

/** Whether it is one of its rights, whatever its line limits it to. */
export function hasRight(
  remote: Pick<Keys, 'access'>,
  { fingerprint }: Pick<AuthorizedKey, 'fingerprint'>,
  wish: Wish,
): boolean {
  return grantsOf(remote, fingerprint).some((grant) => fits(grant, wish));
}

/** One of another Remote is as good as none. */
function denialOfToken({ uid }: Pick<Keys, 'uid'>, grant: TokenGrant, wish: Wish, now: number): Denial | undefined {
  if (grant.uid !== uid) return { kind: 'unlisted' };
  if (grant.expiresAt !== undefined && now >= grant.expiresAt) return { kind: 'expired', at: grant.expiresAt };
  return grant.grants.some((one) => fits(one, wish)) ? undefined : { kind: 'right' };
}

function fits({ rights: own, branches: patterns }: Grant, wish: Wish): boolean {
  const { verb, branches } = wish;
  if (!own.some((right) => allows(right, verb))) return false;
  if (!patterns || !branches || !isOfBranch(verb)) return true;
  return branches.some((branch) => patterns.some((pattern) => matches(pattern, branch)));
}

/** `*` stands for any characters, `/` among them. */
function matches(pattern: string, branch: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return branch === pattern;
  if (!branch.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    const found = branch.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return branch.length - last.length >= at && branch.endsWith(last);
}

/** As in sshd, one of the lines of a key is enough. */
function limitOf({ limits }: AuthorizedKey, principal: Principal, now: number): Denial | undefined {
  const denials = (limits ?? [{}]).map((line) => lineDenial(line, principal, now));
  return denials.includes(undefined) ? undefined : denials.at(-1);
}

function lineDenial(line: KeyLimits, { address, token }: Principal, now: number): Denial | undefined {
  if (line.expiresAt !== undefined && now >= line.expiresAt) return { kind: 'expired', at: line.expiresAt };
  if (line.from !== undefined && !isFrom(line.from, address)) return { kind: 'address' };
  if (token && line.needsTouch !== false && !token.touched) return { kind: 'touch' };
  if (token && line.needsPin && !token.pinGiven) return { kind: 'pin' };
  return undefined;
}

function isFrom(list: string, address: string | undefined): boolean {
  const addresses = AddressList.read(list);
  return typeof addresses !== 'string' && addresses.includes(address);
}
