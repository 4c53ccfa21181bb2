import { GitkubeError } from '../base/errors.ts';
import type { Access } from './access/access.ts';
import type { Action } from './access/may.ts';
import { type Principal, principalIn } from './access/principal.ts';
import type { RemoteName } from './access/remote-name.ts';
import type { DeployContext } from './deploys/context.ts';
import type { DeploysUnderWay } from './deploys/deploys-under-way.ts';
import { uploadPack } from './git/git-process.ts';
import { requireFree } from './git/room.ts';
import type { RepositoryOwner } from './lifecycle/repository-owner.ts';
import { Push } from './receive/push.ts';

export interface GitGatewayOptions {
  readonly context: DeployContext;
  readonly access: Access;
  readonly owner: Pick<RepositoryOwner, 'open'>;
  readonly underWay: DeploysUnderWay;
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
    const { context, underWay } = this.#options;
    underWay.requireOpen();
    await requireFree(context.repositories.folder, context.receiveLimits.minFreeBytes);
    const { remote, repository } = await this.#open(name, principal, 'deploy');
    underWay.requireOpen();
    underWay.requireRoom(remote.namespace);
    // Nothing is waited for between the last look at the Remote and here: who deletes it finds every push of it.
    const push = new Push({ context, remote, repository, principal: principalIn(remote, principal) });
    underWay.add(push);
    return { service: push.service, received: () => push.received };
  }

  async #open(name: RemoteName, principal: Principal, action: Action) {
    const { access, owner } = this.#options;
    await access.known(name);
    const asked = access.authorize(name, principal, action);
    const repository = await owner.open(asked);
    // Opening may have taken a moment, in which the Remote was deleted, or created again.
    const remote = access.authorize(name, principal, action);
    if (remote.uid === asked.uid) return { remote, repository };
    throw new GitkubeError('RemoteUnknown', `the Remote ${asked.id} was deleted and created again`, {
      hint: 'push again',
    });
  }
}
