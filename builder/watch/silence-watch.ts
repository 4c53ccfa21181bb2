import type { Clock } from '../../base/clock.ts';
import type { GitkubeError } from '../../base/errors.ts';
import type { Say } from '../types.ts';
import type { Stop } from './stop.ts';

/** What is wrong, as an error about the seconds that it has lasted. */
export type Trouble = (seconds: number) => GitkubeError;

export interface SilenceOptions {
  readonly clock: Clock;
  readonly say: Say;
  /** Milliseconds of silence after which the work ends. */
  readonly limitMs: number;
  /**
   * Finds out within `ms` milliseconds why nothing is heard; undefined: for a good reason, and the silence starts over.
   * What it throws ends the work.
   */
  readonly look: (ms: number, signal: AbortSignal) => Promise<Trouble | undefined>;
  readonly stop: Stop;
}

const wordEveryMs = 5000;
const lookMs = 4000;

/**
 * Watches over work whose other side may fall silent for ever: after some seconds of silence the pusher reads why and how
 * long it may still last, and at the limit the work ends with that reason.
 */
export class SilenceWatch implements Disposable {
  readonly #options: SilenceOptions;
  readonly #over = new AbortController();
  #heardMs: number;

  constructor(options: SilenceOptions) {
    this.#options = options;
    this.#heardMs = options.clock.monotonic();
    this.#watch().catch((thrown) => this.#over.signal.aborted || options.stop.now(thrown));
  }

  /** Something happened: the silence starts over. */
  heard(): void {
    this.#heardMs = this.#options.clock.monotonic();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #watch(): Promise<void> {
    const { clock, say, limitMs, stop } = this.#options;
    const signal = AbortSignal.any([this.#over.signal, stop.signal]);
    for (let next = wordEveryMs; ; ) {
      await clock.delay(Math.max(0, Math.min(next, limitMs) - this.#silentMs), signal);
      // Something was heard: the next message is due after as long a silence from then on.
      if (this.#silentMs < Math.min(next, limitMs)) next = wordEveryMs;
      else {
        const trouble = await this.#look(signal);
        if (trouble === undefined) this.heard();
        else if (this.#silentMs >= limitMs) throw trouble(Math.round(limitMs / 1000));
        else if (this.#silentMs >= wordEveryMs) say(this.#word(trouble));
        next = this.#silentMs + wordEveryMs;
      }
    }
  }

  #look(signal: AbortSignal): Promise<Trouble | undefined> {
    return this.#options.look(lookMs, signal);
  }

  #word(trouble: Trouble): string {
    const left = Math.max(1, Math.ceil((this.#options.limitMs - this.#silentMs) / 1000));
    return `${trouble(Math.round(this.#silentMs / 1000)).message}; giving up in ${left} s`;
  }

  get #silentMs(): number {
    return this.#options.clock.monotonic() - this.#heardMs;
  }
}
