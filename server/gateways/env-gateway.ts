import type { ConfigRef } from '../../kube/kube.ts';
import type { Remote, Remotes } from '../../remote-crd/index.ts';
import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import type { Principal } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import { valueBytes } from '../env/env-data.ts';
import { envIsMissing, envIsOff, envNotSet, refOfEnv } from '../env/env-of-remote.ts';
import type { EnvStore } from '../env/env-store.ts';
import { envIsShared, envSharedWith } from '../env/shared-env.ts';

export interface EnvGatewayOptions extends ChoiceParts {
  readonly remotes: ChoiceParts['remotes'] & Pick<Remotes, 'all'>;
  readonly env: Pick<EnvStore, 'enabled' | 'open'>;
}

/** What the Secret or the ConfigMap of a Remote has. */
export interface ListedEnv {
  readonly remote: string;
  readonly kind: 'Secret' | 'ConfigMap';
  /** Of the object. */
  readonly name: string;
  readonly env: readonly {
    readonly name: string;
    readonly bytes: number;
    /** Of a ConfigMap; that of a Secret does not leave the server. */
    readonly value?: string;
  }[];
}

/** What workloads read as their settings, for the keys that may change it. */
export class EnvGateway {
  readonly #options: EnvGatewayOptions;

  constructor(options: EnvGatewayOptions) {
    this.#options = options;
  }

  /**
   * @param name undefined: the only Remote of this key
   * @throws EnvUnusable; RemoteUnknown; ServedElsewhere; UsageInvalid
   */
  async list(name: RemoteName | undefined, principal: Principal): Promise<ListedEnv> {
    const { remote, ref } = await this.#choose(name, principal);
    const state = await this.#options.env.open(ref);
    if (!state) throw envIsMissing(ref);
    const { kind } = ref;
    const env = [...state.data]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([one, value]) => {
        return { name: one, bytes: valueBytes(kind, value), ...(kind === 'ConfigMap' && { value }) };
      });
    return { remote: remote.id, kind, name: ref.name, env };
  }

  /** That it may be changed. @throws as `list` */
  async requireOn(name: RemoteName | undefined, principal: Principal): Promise<void> {
    const { remote, ref } = await this.#choose(name, principal);
    const rival = envSharedWith(remote, this.#options.remotes.all());
    if (rival !== undefined) throw envIsShared(ref, rival);
  }

  async #choose(
    name: RemoteName | undefined,
    principal: Principal,
  ): Promise<{ readonly remote: Remote; readonly ref: ConfigRef }> {
    const remote = await chooseRemote(this.#options, name, principal, 'env');
    if (!this.#options.env.enabled) throw envIsOff();
    if (!remote.env) throw envNotSet(remote);
    return { remote, ref: refOfEnv(remote.namespace, remote.env) };
  }
}
