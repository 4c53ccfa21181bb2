import type { Clock } from '../../base/clock.ts';
import { shuttingDown } from '../../base/errors.ts';
import type { Push } from './push.ts';

type Ended = Pick<Push, 'remote' | 'received' | 'cancel' | 'drain' | 'done'>;
type Reason = Parameters<Push['cancel']>[0];

/** The pushes that have begun and not ended. */
export class PushesUnderWay {
  readonly #pushes = new Set<Ended>();
  #closed = false;

  /** @throws ShuttingDown when no new push is taken any more */
  requireOpen(): void {
    if (this.#closed) throw shuttingDown();
  }

  add(push: Ended): void {
    this.#pushes.add(push);
    void push.done.then(() => this.#pushes.delete(push));
  }

  /**
   * Takes no new push, ends those that wait or build, lets rollouts finish, and resolves when the last one is over.
   * @param finishMs after this, rollouts are undone
   */
  async stop(clock: Clock, finishMs: number): Promise<void> {
    this.#closed = true;
    for (const push of this.#pushes) push.drain(shuttingDown());
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
    for (const push of this.#pushes) push.cancel(reason);
  }

  /** Resolves when those that are under way now are over. */
  async done(): Promise<void> {
    await Promise.all([...this.#pushes].map((push) => push.done));
  }

  /**
   * Resolves when no push of this Remote is under way any more. Those that are still being sent are ended; the others go
   * on, and are refused at their turn if it had not come yet.
   */
  async drainRemote(id: string, uid: string, reason: Reason): Promise<void> {
    const own = [...this.#pushes].filter(({ remote }) => remote.id === id && remote.uid === uid);
    for (const push of own) if (!push.received) push.cancel(reason);
    await Promise.all(own.map((push) => push.done));
  }
}
