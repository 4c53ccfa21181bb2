import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import {
  advertiseReceivePack,
  type ReceiveLimits,
  spawnReceivePack,
  type Transport,
  uploadPack,
} from '../../server/git/git-process.ts';
import type { GitHttpOptions } from '../../server/git-http/git-http-server.ts';
import { folderOf } from './front.ts';

interface Named {
  readonly name: string;
}

const GIGABYTE = 1024 ** 3;
const maxMs = 600_000;
const procReceive = join(import.meta.dirname, 'replaced/proc-receive');

/**
 * In place of the gateway with its queue and deploys: the same processes of git with the same policy, on the repositories of a
 * script. Their own hooks run, and refs are moved by git.
 */
export class ScriptsGateway {
  readonly #documents: string;
  readonly #hooks: string;

  /** @param root of the server of a script */
  constructor(root: string) {
    this.#documents = join(root, 'www');
    this.#hooks = root;
  }

  /** What the door has of it. */
  asGateway(): GitHttpOptions['git'] {
    return this as unknown as GitHttpOptions['git'];
  }

  /** @returns undefined: there is none */
  find({ name }: Named): string | undefined {
    const folder = join(this.#documents, folderOf(name));
    // As git http-backend looks for it.
    const places = [`${folder}.git`, join(folder, '.git'), folder];
    return places.find((place) => existsSync(join(place, 'HEAD')));
  }

  async fetch(remote: Named, _: unknown, protocol: string | undefined, transport: Transport) {
    return uploadPack(this.#repository(remote), protocol, maxMs, transport);
  }

  async advertise(remote: Named) {
    const repository = this.#repository(remote);
    return advertiseReceivePack(repository, await this.#limits(repository), maxMs);
  }

  async foresee(remote: Named) {
    return { repository: { path: this.#repository(remote) } };
  }

  async push(remote: Named) {
    const repository = this.#repository(remote);
    const { service } = spawnReceivePack(repository, await this.#limits(repository), 'rpc');
    return { remote, service, received: () => false };
  }

  #repository(remote: Named): string {
    const found = this.find(remote);
    if (found === undefined) throw new GitkubeError('RemoteUnknown', 'there is no such repository');
    return found;
  }

  async #limits(repository: string): Promise<ReceiveLimits> {
    return {
      maxPackBytes: GIGABYTE,
      maxRepositoryBytes: GIGABYTE,
      minFreeBytes: 0,
      maxMemoryBytes: GIGABYTE,
      maxReceiveMs: maxMs,
      hooksFolder: await this.#hooksOf(repository),
    };
  }

  /** The hooks that the repository has now, and ours. */
  async #hooksOf(repository: string): Promise<string> {
    const folder = await mkdtemp(join(this.#hooks, 'hooks-'));
    const own = join(repository, 'hooks');
    await mkdir(own, { recursive: true });
    for (const name of await readdir(own)) await symlink(join(own, name), join(folder, name));
    await symlink(procReceive, join(folder, 'proc-receive'));
    return folder;
  }
}
