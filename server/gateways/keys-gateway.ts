import type { Clock } from '../../base/clock.ts';
import { rfc3339 } from '../../base/rfc3339.ts';
import {
  type AuthorizedKey,
  type KeyRights,
  keyRights,
  type Remote,
  type Remotes,
  rights,
} from '../../remote-crd/index.ts';
import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import { limitOfKey } from '../access/denied.ts';
import { type Principal, principalIn } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';

/** A key, and what it may do. */
export interface OwnKey {
  readonly name: string;
  readonly fingerprint: string;
  readonly remotes: readonly OwnRemote[];
}

export interface OwnRemote extends KeyRights {
  /** `<namespace>/<name>` */
  readonly remote: string;
  /** What the key is called there. */
  readonly name: string;
  /** Why this server does nothing for it, or for this key. */
  readonly problem?: string;
}

/** The keys of a Remote. None is shown as a whole: a fingerprint names it well enough. */
export interface ListedKeys {
  readonly remote: string;
  readonly keys: readonly (KeyRights & {
    readonly type: string;
    readonly fingerprint: string;
    readonly comment: string;
    readonly isYours: boolean;
    /** RFC 3339; absent: it does not expire. */
    readonly expires?: string;
    /** Addresses; absent: from any. */
    readonly from?: string;
  })[];
  /** What is wrong with each entry that is no usable key: of the entry itself even a part may be a secret. */
  readonly unusable: readonly string[];
}

export interface KeysGatewayOptions extends ChoiceParts {
  readonly remotes: ChoiceParts['remotes'] & Pick<Remotes, 'all'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Which keys may do what. */
export class KeysGateway {
  readonly #options: KeysGatewayOptions;

  constructor(options: KeysGatewayOptions) {
    this.#options = options;
  }

  own(principal: Principal): OwnKey {
    const { remotes } = this.#options;
    const { name, fingerprint } = principal;
    const own = principal.isTrusted
      ? remotes.all().filter(({ environment }) => environment === '')
      : remotes.byFingerprint(fingerprint);
    const now = this.#options.clock.now();
    const served = own.map((remote) => ownRemote(remote, principal, now));
    const elsewhere = remotes.elsewhere(fingerprint).map(({ id, error }) => {
      return { remote: id, name: '', may: [], problem: error?.message ?? 'not served by this server' };
    });
    return { name, fingerprint, remotes: [...served, ...elsewhere] };
  }

  /**
   * @param name undefined: the only Remote of this key
   * @throws RemoteUnknown; ServedElsewhere; UsageInvalid
   */
  async of(name: RemoteName | undefined, principal: Principal): Promise<ListedKeys> {
    const remote = await chooseRemote(this.#options, name, principal, 'inspect');
    const { id, keys, keyProblems } = remote;
    const listed = keys.map(({ type, fingerprint, comment, limits }) => {
      const isYours = fingerprint === principal.fingerprint;
      return { type, fingerprint, comment, isYours, ...keyRights(remote, fingerprint), ...limitFacts(limits) };
    });
    return { remote: id, keys: listed, unusable: keyProblems.map(({ problem }) => problem) };
  }
}

function ownRemote(remote: Remote, principal: Principal, now: number): OwnRemote {
  const { name } = principalIn(remote, principal);
  const problem = limitOfKey(remote, principal, now);
  if (problem) return { remote: remote.id, name, may: [], problem: problem.message };
  const facts = principal.isTrusted ? { may: rights } : keyRights(remote, principal.fingerprint);
  return { remote: remote.id, name, ...facts };
}

/** Of the line that allows most; several lines of one key are rare. */
function limitFacts(limits: AuthorizedKey['limits'] = []): { readonly expires?: string; readonly from?: string } {
  const ends = limits.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY);
  const last = Math.max(...ends);
  const from = limits.map((line) => line.from);
  return {
    ...(Number.isFinite(last) && { expires: rfc3339(last) }),
    ...(from.length > 0 && !from.includes(undefined) && { from: from.join(' or ') }),
  };
}
