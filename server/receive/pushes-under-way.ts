import type { Push } from './push.ts';

type Ended = Pick<Push, 'remote' | 'received' | 'cancel' | 'drain' | 'done'>;
type Reason = Parameters<Push['cancel']>[0];

/** The pushes that have begun and not ended. */
export class PushesUnderWay {
  readonly #pushes = new Set<Ended>();

  add(push: Ended): void {
    this.#pushes.add(push);
    void push.done.then(() => this.#pushes.delete(push));
  }

  /** Ends those that wait or build, lets rollouts finish. */
  drain(reason: Reason): void {
    for (const push of this.#pushes) push.drain(reason);
  }

  /** Ends all, rollouts are put back. */
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
