import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { askServer } from '../../base/server-hints.ts';
import { type Remote, type RemoteEntry, type Remotes, remoteIdOf } from '../../remote-crd/index.ts';
import type { Audit } from './audit.ts';
import { denied } from './denied.ts';
import { denialOf, type Wish } from './may.ts';
import type { Principal } from './principal.ts';
import { type RemoteName, remoteNameText } from './remote-name.ts';

export interface AccessOptions {
  readonly remotes: Pick<Remotes, 'byOldName' | 'entry' | 'judged'>;
  readonly audit: Pick<Audit, 'allowed' | 'refused'>;
  readonly clock: Pick<Clock, 'now'>;
  /** How the URL of a Remote looks, for hints. */
  readonly urlForm: () => string;
}

/** Which Remote somebody asks for, and whether they may. */
export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Resolves when it is known who serves the Remote that this names. */
  async known(name: RemoteName): Promise<void> {
    const found = this.#find(name);
    if (found) await this.#options.remotes.judged(found);
  }

  /**
   * The first question of a request, which the audit has an answer to.
   * @throws as `authorize`
   */
  admit(name: RemoteName, principal: Principal, wish: Wish): Remote {
    const remote = this.authorize(name, principal, wish);
    this.#options.audit.allowed({ remote, principal, ...wish });
    return remote;
  }

  /**
   * An unknown Remote and one that does not list this key answer alike.
   * @throws RemoteUnknown; ServedElsewhere; AccessDenied; KeyExpired; AddressDenied; TokenUnused
   */
  authorize(name: RemoteName, principal: Principal, wish: Wish): Remote {
    let found: RemoteEntry | undefined;
    try {
      found = this.#find(name);
      return this.#decide(name, found, principal, wish);
    } catch (thrown) {
      const subject = found?.remote ?? found?.elsewhere?.remote;
      const isListed = subject !== undefined && isKnown(subject, principal);
      const { reason, message } = asGitkubeError(thrown);
      const remote = subject ?? remoteNameText(name);
      this.#options.audit.refused({ remote, principal, ...wish, reason, message, isListed });
      throw thrown;
    }
  }

  #decide(name: RemoteName, found: RemoteEntry | undefined, principal: Principal, wish: Wish): Remote {
    const listed = found?.remote ?? found?.elsewhere?.remote;
    if (!listed) throw this.#noEnvironment(name, principal) ?? notFound(name, principal);
    const denial = denialOf(listed, principal, wish, this.#options.clock.now());
    if (denial?.kind === 'unlisted') throw unknownRemote(name, principal);
    if (found?.elsewhere) throw found.elsewhere.error;
    if (denial) throw denied(listed, principal, wish, denial, this.#options.clock.now());
    return listed;
  }

  /** @returns undefined: there is no such Remote, or it does not list this key and so says nothing of itself */
  #noEnvironment(name: RemoteName, principal: Principal): GitkubeError | undefined {
    if ('old' in name || !name.environment) return undefined;
    const id = remoteIdOf(name);
    const { remote } = this.#options.remotes.entry(id) ?? {};
    if (!remote || denialOf(remote, principal, { verb: 'inspect' }, this.#options.clock.now())) return undefined;
    const names = remote.environments.map(({ environment }) => environment);
    const why = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none';
    return new GitkubeError('RemoteUnknown', `${id} has no environment ${name.environment}: ${why}`, {
      hint: names.length > 0 ? `name one of them: ${id}/${names[0]}` : `name the Remote alone: ${id}`,
    });
  }

  #find(name: RemoteName): RemoteEntry | undefined {
    const { remotes, urlForm } = this.#options;
    const found = 'old' in name ? remotes.byOldName(name.old) : remotes.entry(remoteNameText(name));
    if (found !== 'ambiguous') return found;
    throw new GitkubeError('RemoteUnknown', 'this URL of the old form matches more than one Remote', {
      hint: `use ${urlForm()}`,
    });
  }
}

function isKnown({ keys, uid }: Remote, { fingerprint, grant }: Principal): boolean {
  return grant ? grant.uid === uid : keys.some((key) => key.fingerprint === fingerprint);
}

function notFound(name: RemoteName, principal: Principal): GitkubeError {
  return principal.isTrusted ? notServed(name) : unknownRemote(name, principal);
}

/** There are no keys to look for. */
function notServed(name: RemoteName): GitkubeError {
  return new GitkubeError('RemoteUnknown', `this server serves no Remote ${remoteNameText(name)}`, {
    hint: 'to list all of the cluster, type: kubectl get remotes -A',
  });
}

function unknownRemote(name: RemoteName, { fingerprint, grant }: Principal): GitkubeError {
  if (grant) return new GitkubeError('RemoteUnknown', `no Remote ${remoteNameText(name)} accepts this token`);
  return new GitkubeError('RemoteUnknown', `no Remote ${remoteNameText(name)} accepts the key ${fingerprint}`, {
    hint: [
      `check the URL; to see the Remotes that list this key, type: ${askServer('whoami')}`,
      'to have the key added, send its .pub file to an owner of the Remote, who types: gitkube remote keys add <namespace>/<remote> <file>.pub',
    ],
  });
}
