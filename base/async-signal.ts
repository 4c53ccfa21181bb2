/** Wakes a waiter for a change. A notification without a waiter is remembered, so that none is missed. */
export class AsyncSignal {
  #notified = false;
  #waiting: PromiseWithResolvers<void> | undefined;

  notify(): void {
    this.#notified = true;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Resolves at the next notification, or at once when there was one since the last wait. */
  async wait(): Promise<void> {
    if (!this.#notified) {
      this.#waiting ??= Promise.withResolvers<void>();
      await this.#waiting.promise;
    }
    this.#notified = false;
  }
}
