import { GitkubeError, shuttingDown } from '../base/errors.ts';
import type { Remote, RemoteEntry, RemoteStatus, Remotes } from '../remote-crd/index.ts';
import { type Principal, principalOf } from './access/principal.ts';
import type { PublicAddress } from './address/public-address.ts';
import type { DeployContext } from './deploys/context.ts';
import { uploadPack } from './git/git-process.ts';
import { requireFree } from './git/room.ts';
import { remoteLines } from './greeting.ts';
import type { RepositoryOwner } from './lifecycle/repository-owner.ts';
import { Push } from './receive/push.ts';
import type { PushesUnderWay } from './receive/pushes-under-way.ts';
import type { RemoteName } from './ssh/command.ts';
import type { SshBackend } from './ssh/session.ts';

export interface GitGatewayOptions {
  readonly context: DeployContext;
  readonly remotes: Remotes;
  readonly keeper: Pick<RepositoryOwner, 'open'>;
  readonly pushes: PushesUnderWay;
  readonly address: PublicAddress;
  /** Milliseconds that one fetch or clone may take. */
  readonly maxFetchMs: number;
}

/** What the SSH side may do, as far as this key may. */
export class GitGateway implements SshBackend {
  readonly #options: GitGatewayOptions;
  #stopping = false;

  constructor(options: GitGatewayOptions) {
    this.#options = options;
  }

  async fetch(name: RemoteName, principal: Principal, protocol: string | undefined) {
    const { repository } = await this.#open(name, principal);
    return uploadPack(repository.path, protocol, this.#options.maxFetchMs);
  }

  async push(name: RemoteName, principal: Principal) {
    if (this.#stopping) throw shuttingDown();
    const { context } = this.#options;
    await requireFree(context.repositories.folder, context.receiveLimits.minFreeBytes);
    const { remote, repository } = await this.#open(name, principal);
    if (this.#stopping) throw shuttingDown();
    // Nothing is waited for between the last look at the Remote and here: who deletes it finds every push of it.
    const push = new Push(context, remote, repository, nameIn(remote, principal));
    this.#options.pushes.add(push);
    return { service: push.service, received: () => push.received };
  }

  get urlForm(): string {
    return this.#options.address.form;
  }

  greet(principal: Principal): readonly string[] {
    const { remotes, address } = this.#options;
    const { name, fingerprint } = principal;
    const own = remotes.byFingerprint(fingerprint).map((remote) => {
      const state = stateOf(remotes.entry(remote.id)?.status);
      return { id: remote.id, state, ...address.of(remote) };
    });
    return [`You are ${name} (${fingerprint}).`, ...remoteLines(own, remotes.elsewhere(fingerprint))];
  }

  /**
   * Takes no new push, ends those that wait or build, lets rollouts finish, and resolves when the last one is over.
   * @param finishMs after this, rollouts are put back
   */
  async stop(finishMs: number): Promise<void> {
    this.#stopping = true;
    const { pushes, context } = this.#options;
    pushes.drain(shuttingDown());
    const over = new AbortController();
    const late = context.clock.delay(finishMs, over.signal).then(
      () => pushes.cancel(shuttingDown()),
      () => {},
    );
    await pushes.done();
    over.abort();
    await late;
  }

  async #open(name: RemoteName, principal: Principal) {
    const found = this.#find(name);
    if (found) await this.#options.remotes.judged(found);
    const asked = this.#authorize(name, principal);
    const repository = await this.#options.keeper.open(asked);
    // Opening may have taken a moment, in which the Remote was deleted, or made again.
    const remote = this.#authorize(name, principal);
    if (remote.uid === asked.uid) return { remote, repository };
    throw new GitkubeError('RemoteUnknown', `the Remote ${asked.id} was deleted and made again`, {
      hint: 'push again',
    });
  }

  #find(name: RemoteName): RemoteEntry | undefined {
    const { remotes } = this.#options;
    const found = 'old' in name ? remotes.byOldName(name.old) : remotes.entry(`${name.namespace}/${name.name}`);
    if (found !== 'ambiguous') return found;
    throw new GitkubeError('RemoteUnknown', 'the old URL form fits more than one Remote', {
      hint: `use ${this.urlForm}`,
    });
  }

  /** An unknown Remote and one that does not list this key answer alike. */
  #authorize(name: RemoteName, principal: Principal): Remote {
    const found = this.#find(name);
    const listed = found?.remote ?? found?.elsewhere?.remote;
    if (!listed?.keys.some((key) => key.fingerprint === principal.fingerprint)) {
      const asked = 'old' in name ? name.old : `${name.namespace}/${name.name}`;
      throw new GitkubeError('RemoteUnknown', `no Remote ${asked} accepts the key ${principal.fingerprint}`, {
        hint: `check the URL; the key belongs into spec.authorizedKeys of the Remote: kubectl get remotes -A`,
      });
    }
    if (found?.elsewhere) throw found.elsewhere.error;
    return listed;
  }
}

/** Who pushes, as this Remote calls the key: another Remote, of anybody, may list the same key under any name. */
function nameIn(remote: Remote, principal: Principal): Principal {
  const key = remote.keys.find(({ fingerprint }) => fingerprint === principal.fingerprint);
  return key ? principalOf(key) : principal;
}

/** One word on a Remote, from the condition that `kubectl get remotes` shows. */
function stateOf(status: unknown): string {
  const conditions = (status as RemoteStatus | undefined)?.conditions ?? [];
  return conditions.find(({ type }) => type === 'Ready')?.reason ?? 'New';
}
