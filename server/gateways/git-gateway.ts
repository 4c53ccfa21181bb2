import type { Remote } from '../../remote-crd/index.ts';
import type { Access } from '../access/access.ts';
import type { Principal } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import type { Verb } from '../access/verbs.ts';
import { advertiseReceivePack, type GitProcess, type Transport, uploadPack } from '../git/git-process.ts';
import type { Others } from '../receive/join.ts';
import { Push } from '../receive/push.ts';
import { type DoorParts, openDeploy, openForDeploy, openRepository } from './open-deploy.ts';

export interface GitGatewayOptions extends Omit<DoorParts, 'access'> {
  readonly access: Pick<Access, 'known' | 'admit' | 'authorize'>;
  /** Milliseconds that one fetch or clone may take. */
  readonly maxFetchMs: number;
  readonly records: Others['records'];
  /** How the URL of a Remote looks. */
  readonly urlForm: () => string;
}

/** A push at the door. */
export interface PushService {
  readonly remote: Pick<Remote, 'namespace' | 'name'>;
  readonly service: GitProcess;
  /** Whether git has the whole push, so that the client may go. */
  readonly received: () => boolean;
  /** What the client gets of what git answers; unset: all, as it is. */
  readonly relay?: (chunk: Buffer) => Buffer;
  /** What follows the words of git once it has ended without an error. */
  readonly lastLines?: () => Promise<readonly string[] | undefined>;
}

/** Fetches and pushes of the doors, as far as this key may. */
export class GitGateway {
  readonly #options: GitGatewayOptions;

  constructor(options: GitGatewayOptions) {
    this.#options = options;
  }

  /** @param protocol GIT_PROTOCOL of the client, already checked */
  async fetch(name: RemoteName, principal: Principal, protocol: string | undefined, transport: Transport = 'ssh') {
    await this.#admit(name, principal, 'fetch');
    const { repository } = await openRepository(this.#options, name, { principal, verb: 'fetch' });
    return uploadPack(repository.path, protocol, this.#options.maxFetchMs, transport);
  }

  /** What a push by HTTP begins with. git prints why it is refused here, and not why its second request is. */
  async advertise(name: RemoteName, principal: Principal): Promise<GitProcess> {
    const { repository } = await this.foresee(name, principal);
    return advertiseReceivePack(repository.path, this.#options.context.receiveLimits, this.#options.maxFetchMs);
  }

  /** @throws what a push would be refused for that began now */
  async foresee(name: RemoteName, principal: Principal) {
    await this.#admit(name, principal, 'send');
    return openForDeploy(this.#options, name, { principal, verb: 'send' });
  }

  async push(name: RemoteName, principal: Principal, transport: 'ssh' | 'rpc' = 'ssh'): Promise<PushService> {
    await this.#admit(name, principal, 'send');
    const act = { principal, verb: 'send' } as const;
    const push = await openDeploy(this.#options, name, act, (deploy) => new Push(deploy, this.#options, transport));
    const { service, relay } = push;
    return {
      remote: push.deploy.remote,
      service,
      relay,
      received: () => push.received,
      lastLines: () => push.lastLines(),
    };
  }

  /** Where the objects of Git LFS of a Remote are; undefined: it names no server. */
  async lfsUrl(name: RemoteName, principal: Principal, verb: 'send' | 'fetch'): Promise<string | undefined> {
    return (await this.#admit(name, principal, verb)).lfs?.url;
  }

  async #admit(name: RemoteName, principal: Principal, verb: Verb): Promise<Remote> {
    await this.#options.access.known(name);
    return this.#options.access.admit(name, principal, { verb });
  }
}
