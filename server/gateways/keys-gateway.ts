import type { Remote, Remotes } from '../../remote-crd/index.ts';
import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import { type Action, actions, may } from '../access/may.ts';
import { type Principal, principalIn } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';

/** A key, and what it may do. */
export interface OwnKey {
  readonly name: string;
  readonly fingerprint: string;
  readonly remotes: readonly OwnRemote[];
}

export interface OwnRemote {
  /** `<namespace>/<name>` */
  readonly remote: string;
  /** What the key is called there. */
  readonly name: string;
  readonly may: readonly Action[];
  /** Why this server does nothing for it. */
  readonly problem?: string;
}

/** The keys of a Remote. None is shown as a whole: a fingerprint names it well enough. */
export interface ListedKeys {
  readonly remote: string;
  readonly keys: readonly {
    readonly type: string;
    readonly fingerprint: string;
    readonly comment: string;
    readonly isYours: boolean;
  }[];
  /** What is wrong with each entry that is no usable key: of the entry itself even a part may be a secret. */
  readonly unusable: readonly string[];
}

export interface KeysGatewayOptions extends ChoiceParts {
  readonly remotes: ChoiceParts['remotes'] & Pick<Remotes, 'all'>;
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
    const own = principal.isTrusted ? remotes.all() : remotes.byFingerprint(fingerprint);
    const served = own.map((remote) => ownRemote(remote, principal));
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
    const { id, keys, keyProblems } = await chooseRemote(this.#options, name, principal, 'read');
    const listed = keys.map(({ type, fingerprint, comment }) => {
      return { type, fingerprint, comment, isYours: fingerprint === principal.fingerprint };
    });
    return { remote: id, keys: listed, unusable: keyProblems.map(({ problem }) => problem) };
  }
}

function ownRemote(remote: Remote, principal: Principal): OwnRemote {
  const { name } = principalIn(remote, principal);
  return { remote: remote.id, name, may: actions.filter((action) => may(remote, principal, action)) };
}
