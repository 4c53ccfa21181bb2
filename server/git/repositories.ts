import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, silentLogger } from '../../base/log.ts';
import { git } from './git-command.ts';
import { ifMissing } from './missing.ts';
import { Repository } from './repository.ts';
import { sweepLocks } from './stale-files.ts';

export interface RemoteIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Unset: the one without a name. */
  readonly environment?: string | undefined;
}

/** The bare repositories in the data folder, one per Remote, made on first use. */
export class Repositories {
  /** Holds all of them; may not be there yet. */
  readonly folder: string;
  readonly #opening = new Map<string, Promise<Repository>>();

  readonly #log: Logger;

  /** @param dataFolder the folder that survives restarts */
  constructor(dataFolder: string, log: Logger = silentLogger) {
    this.#log = log;
    this.folder = join(dataFolder, 'repositories');
  }

  /**
   * Opens the repository of a Remote that exists in the cluster; both names come from there and never from a client.
   * @param owner the uid of the Remote, for a repository that is made now
   */
  open(namespace: string, name: string, owner?: string): Promise<Repository> {
    const id = `${namespace}/${name}`;
    const running = this.#opening.get(id) ?? this.#open(namespace, name, owner);
    this.#opening.set(id, running);
    running.catch(() => this.#opening.delete(id));
    return running;
  }

  /** Opens it only if it is there, for any owner. */
  async find(namespace: string, name: string): Promise<Repository | undefined> {
    const entries = await readdir(this.#path(namespace, name)).catch(ifMissing(undefined));
    return entries && this.open(namespace, name);
  }

  /** Opens it only if it is there and is not the one of an earlier Remote of the same name; as this environment sees it. */
  async findOf({ namespace, name, uid, environment = '' }: RemoteIdentity): Promise<Repository | undefined> {
    const repository = await this.find(namespace, name);
    return repository && (repository.owner ?? uid) === uid ? repository.of(environment) : undefined;
  }

  /** Releases a repository that nobody uses any more. @param take moves the folder */
  async detach(namespace: string, name: string, take: (path: string) => Promise<string>): Promise<string> {
    const place = await take(this.#path(namespace, name));
    this.#opening.delete(`${namespace}/${name}`);
    return place;
  }

  /** Every repository on disk, whether or not its Remote still exists. */
  async all(): Promise<{ readonly namespace: string; readonly name: string }[]> {
    const namespaces = await readdir(this.folder).catch(ifMissing([]));
    const found = await Promise.all(
      namespaces.map(async (namespace) =>
        (await readdir(join(this.folder, namespace)).catch(ifMissing([])))
          .filter((entry) => entry.endsWith('.git'))
          .map((entry) => ({ namespace, name: entry.slice(0, -'.git'.length) })),
      ),
    );
    return found.flat();
  }

  async #open(namespace: string, name: string, owner: string | undefined): Promise<Repository> {
    const path = this.#path(namespace, name);
    await mkdir(join(this.folder, namespace), { recursive: true, mode: 0o700 });
    const entries = await readdir(path).catch(ifMissing(undefined));
    if (!entries) await create(path, owner);
    const repository = new Repository(path, this.#log);
    await Promise.all([
      repository.sweepQuarantine(),
      rm(join(path, 'refs/rollback'), { recursive: true, force: true }),
      sweepLocks(path),
      repository.readFacts(),
    ]);
    return repository;
  }

  #path(namespace: string, name: string): string {
    return join(this.folder, namespace, `${name}.git`);
  }
}

/** Made beside its place and moved there, so that a crash leaves no half repository, and none without its owner. */
async function create(path: string, owner: string | undefined): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', '.'], { cwd: draft });
  if (owner !== undefined) await new Repository(draft).setOwner(owner);
  await rename(draft, path);
}
