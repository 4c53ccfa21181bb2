import type { Clock } from '../../base/clock.ts';
import { shuttingDown } from '../../base/errors.ts';
import type { Deploy } from './deploy.ts';

type Reason = Parameters<Deploy['cancel']>[0];

/** Something that has begun and not ended, and may be a deploy: a push, or a command. */
export interface UnderWay {
  readonly deploy: Pick<Deploy, 'remote' | 'asked' | 'isFinished' | 'cancel' | 'drain'>;
  /** It is here as a whole: from here on it goes on, whether or not its client stays. */
  readonly received: boolean;
  /** Resolves when nothing of it is under way any more; never rejects. */
  readonly done: Promise<void>;
}

/** What has begun and not ended. */
export class DeploysUnderWay<One extends UnderWay = UnderWay & { readonly deploy: Deploy }> {
  readonly #all = new Set<One>();
  #closed = false;

  /** @throws ShuttingDown when nothing new is taken any more */
  requireOpen(): void {
    if (this.#closed) throw shuttingDown();
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
    const own = this.#of(id, uid);
    for (const one of own) if (!one.received) one.deploy.cancel(reason);
    await Promise.all(own.map((one) => one.done));
  }

  /** The deploys of a Remote that are not decided, also those that wait for their turn; the first that was asked for first. */
  of({ id, uid }: Pick<Deploy['remote'], 'id' | 'uid'>): One['deploy'][] {
    return this.#of(id, uid).flatMap(({ deploy }) => (deploy.asked && !deploy.isFinished ? [deploy] : []));
  }

  #of(id: string, uid: string): One[] {
    return [...this.#all].filter(({ deploy: { remote } }) => remote.id === id && remote.uid === uid);
  }
}
