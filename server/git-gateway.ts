import { GitkubeError } from '../base/errors.ts';
import type { Remote } from '../remote-crd/index.ts';
import type { Access } from './access/access.ts';
import type { Action } from './access/may.ts';
import { type Principal, principalOf } from './access/principal.ts';
import type { RemoteName } from './access/remote-name.ts';
import type { DeployContext } from './deploys/context.ts';
import { uploadPack } from './git/git-process.ts';
import { requireFree } from './git/room.ts';
import type { RepositoryOwner } from './lifecycle/repository-owner.ts';
import { Push } from './receive/push.ts';
import type { PushesUnderWay } from './receive/pushes-under-way.ts';

export interface GitGatewayOptions {
  readonly context: DeployContext;
  readonly access: Access;
  readonly owner: Pick<RepositoryOwner, 'open'>;
  readonly pushes: PushesUnderWay;
  /** Milliseconds that one fetch or clone may take. */
  readonly maxFetchMs: number;
}

/** Fetches and pushes of the doors, as far as this key may. */
export class GitGateway {
  readonly #options: GitGatewayOptions;

  constructor(options: GitGatewayOptions) {
    this.#options = options;
  }

  async fetch(name: RemoteName, principal: Principal, protocol: string | undefined) {
    const { repository } = await this.#open(name, principal, 'read');
    return uploadPack(repository.path, protocol, this.#options.maxFetchMs);
  }

  async push(name: RemoteName, principal: Principal) {
    const { context, pushes } = this.#options;
    pushes.requireOpen();
    await requireFree(context.repositories.folder, context.receiveLimits.minFreeBytes);
    const { remote, repository } = await this.#open(name, principal, 'deploy');
    pushes.requireOpen();
    // Nothing is waited for between the last look at the Remote and here: who deletes it finds every push of it.
    const push = new Push(context, remote, repository, nameIn(remote, principal));
    pushes.add(push);
    return { service: push.service, received: () => push.received };
  }

  async #open(name: RemoteName, principal: Principal, action: Action) {
    const { access, owner } = this.#options;
    await access.known(name);
    const asked = access.authorize(name, principal, action);
    const repository = await owner.open(asked);
    // Opening may have taken a moment, in which the Remote was deleted, or made again.
    const remote = access.authorize(name, principal, action);
    if (remote.uid === asked.uid) return { remote, repository };
    throw new GitkubeError('RemoteUnknown', `the Remote ${asked.id} was deleted and made again`, {
      hint: 'push again',
    });
  }
}

/** Who pushes, as this Remote calls the key: another Remote, of anybody, may list the same key under any name. */
function nameIn(remote: Remote, principal: Principal): Principal {
  const key = remote.keys.find(({ fingerprint }) => fingerprint === principal.fingerprint);
  return key ? principalOf(key) : principal;
}
