/** Wakes whoever waits for a change. A ring that nobody waited for is remembered, so that none is missed. */
export class Bell {
  #rung = false;
  #waiting: PromiseWithResolvers<void> | undefined;

  ring(): void {
    this.#rung = true;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Resolves at the next ring, or at once when it rang since the last wait. */
  async wait(): Promise<void> {
    if (!this.#rung) {
      this.#waiting ??= Promise.withResolvers<void>();
      await this.#waiting.promise;
    }
    this.#rung = false;
  }
}
