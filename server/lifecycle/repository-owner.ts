import type { Applier } from '../../applier/index.ts';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Deployer } from '../../deployer/index.ts';
import type { Remotes } from '../../remote-crd/index.ts';
import { environmentOfRepository } from '../deploys/environment.ts';
import type { PushQueue } from '../deploys/queue.ts';
import { recoverOne } from '../deploys/recover.ts';
import { clearPushNote, readPushNotes } from '../deploys/under-way-note.ts';
import type { EnvStore } from '../env/env-store.ts';
import type { RemoteIdentity, Repositories } from '../git/repositories.ts';
import type { Repository } from '../git/repository.ts';
import type { Trash } from '../git/trash.ts';
import type { UndoParts } from '../tasks/undo-migrations.ts';

export interface RepositoryOwnerOptions {
  readonly remotes: Pick<Remotes, 'entry'>;
  readonly repositories: Repositories;
  readonly trash: Pick<Trash, 'take'>;
  readonly queue: Pick<PushQueue, 'enter'>;
  readonly deployer: Pick<Deployer, 'restore' | 'waitUntilRestored'>;
  readonly applier: Pick<Applier, 'prune' | 'restore'>;
  readonly env: EnvStore;
  readonly tasks: UndoParts;
  /** Resolves when no push of this Remote is under way any more. */
  readonly drain: (id: string, uid: string) => Promise<void>;
  /** Called for every Remote that has a repository and may not have the finalizer. */
  readonly hold: (which: { readonly id: string; readonly uid: string }) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Knows which Remote owns which repository: a name may be given to another Remote, a uid never is. */
export class RepositoryOwner {
  readonly #options: RepositoryOwnerOptions;
  readonly #archiving = new Map<string, Promise<unknown>>();

  constructor(options: RepositoryOwnerOptions) {
    this.#options = options;
  }

  /** The repository of this Remote, created on first use. One that an earlier Remote of its name left is archived. */
  async open(remote: RemoteIdentity): Promise<Repository> {
    const { namespace, name, uid } = remote;
    this.#options.hold({ id: `${namespace}/${name}`, uid });
    for (;;) {
      const repository = await this.#options.repositories.open(namespace, name, uid);
      if (repository.owner === undefined) await repository.setOwner(uid);
      if (repository.owner === uid) return repository;
      await this.archive({ namespace, name, uid: repository.owner ?? '' });
    }
  }

  /**
   * Puts a repository into the trash once nothing of its Remote is under way.
   * @returns where it lies now; undefined: this Remote has none here
   */
  async archive(remote: RemoteIdentity): Promise<string | undefined> {
    const id = `${remote.namespace}/${remote.name}`;
    const before = this.#archiving.get(id) ?? Promise.resolve();
    const archiving = before.then(() => this.#archive(id, remote));
    const quiet = archiving.catch(() => {});
    this.#archiving.set(id, quiet);
    void quiet.then(() => this.#archiving.get(id) === quiet && this.#archiving.delete(id));
    return archiving;
  }

  async #archive(id: string, remote: RemoteIdentity): Promise<string | undefined> {
    const { repositories, trash, drain, log } = this.#options;
    const { namespace, name, uid } = remote;
    const found = await repositories.findOf({ namespace, name, uid });
    if (!found) return undefined;
    await drain(id, uid);
    const [own = found, ...others] = await found.views();
    // Nothing of them begins any more. One after the other: each holds a place that all Remotes share.
    for (const view of others) await this.#inTurn(remote, view, () => this.#leave(id, view));
    return this.#inTurn(remote, own, async () => {
      const repository = await repositories.findOf({ namespace, name, uid });
      if (!repository) return undefined;
      await this.#leave(id, repository);
      const place = await repositories.detach(namespace, name, (path) => trash.take(path, namespace, name));
      log.info({ remote: id, uid, place }, 'the repository of a deleted Remote is in the trash');
      return place;
    });
  }

  async #inTurn<T>(remote: RemoteIdentity, view: Repository, work: () => Promise<T>): Promise<T> {
    const { remotes, queue } = this.#options;
    const leave = await queue.enter({
      environment: environmentOfRepository(remotes, remote, view),
      branch: '',
      deploys: false,
      doing: "the deleted Remote's repository to be archived",
      label: 'the Remote was deleted',
      onWait: () => {},
      signal: new AbortController().signal,
    });
    return work().finally(leave);
  }

  async #leave(id: string, view: Repository): Promise<void> {
    await this.#settle(id, view);
    await this.#dropNotes(id, view);
  }

  /** The status that was to say what became of a push is gone. One that is left is said of a repository that is brought back. */
  async #dropNotes(id: string, { folder }: Repository): Promise<void> {
    const dropping = readPushNotes(folder).then((notes) =>
      Promise.all(notes.map((note) => clearPushNote(folder, note))),
    );
    await dropping.catch((err) =>
      this.#options.log.warn({ remote: id, err }, 'the notes of pushes to a deleted Remote could not be deleted'),
    );
  }

  /** What a crash had cut off is restored while somebody still knows of it. */
  async #settle(id: string, repository: Repository): Promise<void> {
    await recoverOne(this.#options, repository).catch((thrown) => {
      const error = asGitkubeError(thrown);
      this.#options.log.error({ remote: id, err: error, reason: error.reason }, 'the workloads could not be restored');
    });
  }
}
