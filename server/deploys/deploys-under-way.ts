import { randomBytes } from 'node:crypto';
import { again } from '../../base/again.ts';
import type { Emitter } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import { GitkubeError, shuttingDown } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import { remoteIdOf } from '../../remote-crd/index.ts';
import type { Deploy } from './deploy.ts';
import type { DeployEvent } from './events.ts';

type Reason = Parameters<Deploy['cancel']>[0];

/** Something that has begun and not ended, and may be a deploy: a push, or a command. */
export interface UnderWay {
  readonly deploy: Pick<Deploy, 'remote' | 'asked' | 'isFinished' | 'cancel' | 'drain'>;
  /** It is here as a whole: from here on it goes on, whether or not its client stays. */
  readonly received: boolean;
  /** Resolves when nothing of it is under way any more; never rejects. */
  readonly done: Promise<void>;
}

/** One whose deploy is known as a whole. */
export type DeployUnderWay = UnderWay & { readonly deploy: Deploy };

/** How many of one namespace there may be at the same time, whether they are sent, wait or work. */
export interface Room {
  readonly maxOfNamespace: number;
  readonly events: Emitter<DeployEvent>;
}

/** What has begun and not ended. */
export class DeploysUnderWay<One extends UnderWay = DeployUnderWay> {
  readonly #all = new Set<One>();
  readonly #room: Room | undefined;
  #closed = false;

  /** @param room unset: for any number */
  constructor(room?: Room) {
    this.#room = room;
  }

  /** @throws ShuttingDown when nothing new is taken any more */
  requireOpen(): void {
    if (this.#closed) throw shuttingDown();
  }

  /**
   * Each push holds a connection from its first byte to its end, also while it waits for its turn: with a few keys one
   * namespace could hold all of them.
   * @throws ServerBusy
   */
  requireRoom(namespace: string): void {
    if (!this.#room) return;
    const { maxOfNamespace: max, events } = this.#room;
    const taken = [...this.#all].filter(({ deploy }) => deploy.remote.namespace === namespace).length;
    if (taken < max) return;
    const error = full(namespace, max);
    const id = randomBytes(5).toString('hex');
    const outcome = { kind: 'failed', error } as const;
    events.emit({ kind: 'deployEnded', id, outcome, durations: {}, phase: 'receive', images: [] });
    throw error;
  }

  add(one: One): void {
    this.#all.add(one);
    void one.done.then(() => this.#all.delete(one));
  }

  /**
   * Takes nothing new, ends those that wait or build, lets rollouts finish, and resolves when the last one is over.
   * @param finishMs after this, rollouts are undone
   */
  async stop(clock: Clock, finishMs: number): Promise<void> {
    this.#closed = true;
    for (const one of this.#all) one.deploy.drain(shuttingDown());
    const over = new AbortController();
    const late = clock.delay(finishMs, over.signal).then(
      () => this.cancel(shuttingDown()),
      () => {},
    );
    await this.done();
    over.abort();
    await late;
  }

  /** Ends all; rollouts are undone. */
  cancel(reason: Reason): void {
    for (const one of this.#all) one.deploy.cancel(reason);
  }

  /** Resolves when those that are under way now are over. */
  async done(): Promise<void> {
    await Promise.all([...this.#all].map((one) => one.done));
  }

  /**
   * Resolves when nothing of this Remote is under way any more. Those that are still being sent are ended; the others go
   * on, and are refused at their turn if it had not come yet.
   */
  async drainRemote(id: string, uid: string, reason: Reason): Promise<void> {
    const own = [...this.#all].filter(({ deploy: { remote } }) => remoteIdOf(remote) === id && remote.uid === uid);
    for (const one of own) if (!one.received) one.deploy.cancel(reason);
    await Promise.all(own.map((one) => one.done));
  }

  /** The deploys of a Remote that are not decided, also those that wait for their turn, the oldest first. */
  of({ id, uid }: Pick<Deploy['remote'], 'id' | 'uid'>): One['deploy'][] {
    return this.#of(id, uid).flatMap(({ deploy }) => (deploy.asked && !deploy.isFinished ? [deploy] : []));
  }

  /** `of` all its environments, also those that its spec no longer has. */
  ofAll({ uid }: Pick<Deploy['remote'], 'uid'>): One['deploy'][] {
    const own = [...this.#all].map(({ deploy }) => deploy).filter(({ remote }) => remote.uid === uid);
    return own.filter(({ asked, isFinished }) => asked && !isFinished);
  }

  #of(id: string, uid: string): One[] {
    return [...this.#all].filter(({ deploy: { remote } }) => remote.id === id && remote.uid === uid);
  }
}

function full(namespace: string, max: number): GitkubeError {
  const taken = count(max, 'push', 'pushes');
  const message = `namespace ${namespace} already has ${taken} under way, the limit of one namespace`;
  return new GitkubeError('ServerBusy', message, {
    hint: `${again} when one of them has ended, or ask the operator to raise GITKUBE_MAX_CONNECTIONS`,
  });
}
