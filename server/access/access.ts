import { GitkubeError } from '../../base/errors.ts';
import { askServer } from '../../base/server-hints.ts';
import type { Remote, RemoteEntry, Remotes } from '../../remote-crd/index.ts';
import { type Action, may } from './may.ts';
import type { Principal } from './principal.ts';
import { type RemoteName, remoteNameText } from './remote-name.ts';

export interface AccessOptions {
  readonly remotes: Pick<Remotes, 'byOldName' | 'entry' | 'judged'>;
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
   * An unknown Remote and one that does not list this key answer alike.
   * @throws RemoteUnknown; ServedElsewhere
   */
  authorize(name: RemoteName, principal: Principal, action: Action): Remote {
    const found = this.#find(name);
    const listed = found?.remote ?? found?.elsewhere?.remote;
    if (!listed || !may(listed, principal, action)) {
      if (principal.isTrusted) throw notServed(name);
      const message = `no Remote ${remoteNameText(name)} accepts the key ${principal.fingerprint}`;
      throw new GitkubeError('RemoteUnknown', message, {
        hint: [
          `check the URL; to see the Remotes that list this key, type: ${askServer('whoami')}`,
          'to have the key added, send its .pub file to an owner of the Remote, who types: gitkube remote keys add <namespace>/<remote> <file>.pub',
        ],
      });
    }
    if (found?.elsewhere) throw found.elsewhere.error;
    return listed;
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

/** There are no keys to look for. */
function notServed(name: RemoteName): GitkubeError {
  return new GitkubeError('RemoteUnknown', `this server serves no Remote ${remoteNameText(name)}`, {
    hint: 'to list all of the cluster, type: kubectl get remotes -A',
  });
}
