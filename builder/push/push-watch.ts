import { again } from '../../base/again.ts';
import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { within } from '../../base/within.ts';
import type { EngineMessage } from '../engine/build-events.ts';
import type { Engine } from '../engine/engine.ts';
import type { Say } from '../types.ts';
import { engineTrouble } from '../watch/engine-trouble.ts';
import { SilenceWatch, type Trouble } from '../watch/silence-watch.ts';
import type { Stop } from '../watch/stop.ts';
import { PushProgress } from './push-progress.ts';

export interface PushWatchOptions {
  readonly engine: Engine;
  /** The registry's name, for people. */
  readonly host: string;
  /** Asks the registry whether it would take a push; throws why not. */
  readonly ask: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly say: Say;
  /** Milliseconds without a byte, and milliseconds in which a layer fails again and again, after which the push ends. */
  readonly stallMs: number;
  readonly stop: Stop;
}

const progressEveryMs = 5000;
const wordEveryMs = 4000;
const askMs = 4000;
/** How many times as long a registry is tried that does answer, and only then fails. */
const patience = 3;
const hint = `${again}; for a slow registry, ask the operator to raise GITKUBE_IMAGE_PUSH_STALL_SECONDS`;

/**
 * Watches over the push of one image through all its tries. The engine does the push, and reports neither what a registry
 * answers nor that it waits for one; it tries each layer five times, with longer and longer breaks. So in silence, and
 * whenever the engine tries a layer again, engine and registry are asked themselves.
 */
export class PushWatch implements Disposable {
  readonly #options: PushWatchOptions;
  readonly #progress = new PushProgress();
  readonly #silence: SilenceWatch;
  #nextProgressMs: number;
  /** Since when nothing but failures came; undefined: since a layer was stored, none did. */
  #failingSinceMs: number | undefined;
  /** How long failures may come alone; longer with a registry that answered when it was asked last. */
  #failingLimitMs: number;
  #nextWordMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  readonly #over = new AbortController();

  constructor(options: PushWatchOptions) {
    const { clock, say, stallMs, stop } = options;
    this.#options = options;
    this.#failingLimitMs = stallMs;
    this.#nextProgressMs = clock.monotonic() + progressEveryMs;
    const look = (ms: number, signal: AbortSignal) => this.#look(ms, signal);
    this.#silence = new SilenceWatch({ clock, say, stop, limitMs: stallMs, look });
  }

  take(message: EngineMessage): void {
    const event = this.#progress.take(message);
    if (event === undefined) return;
    // Also when a layer failed: then the engine waits, and failures have a limit of their own.
    this.#silence.heard();
    if (event.kind === 'retry') this.#retries(event.seconds);
    else if (event.kind === 'stored') this.#failingSinceMs = undefined;
    else this.#sayProgress();
  }

  /** A try of the whole image begins: it has the time of its own to be heard of. */
  begins(): void {
    this.#silence.heard();
  }

  /**
   * A try of the whole image failed. @param answers whether the registry answered: with one that does so now and then every
   * try brings the image nearer, although the engine does not say what of its configuration and manifest is there
   * @returns how long further tries are made, and for how long they were
   */
  failed(answers: boolean): { readonly leftMs: number; readonly afterMs: number } {
    return { leftMs: this.#failingLeftMs(answers), afterMs: this.#failingLimitMs };
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    this.#silence[Symbol.dispose]();
  }

  #failingLeftMs(answers: boolean): number {
    const { clock, stallMs } = this.#options;
    this.#failingSinceMs ??= clock.monotonic();
    this.#failingLimitMs = stallMs * (answers ? patience : 1);
    return this.#failingSinceMs + this.#failingLimitMs - clock.monotonic();
  }

  #retries(seconds: number): void {
    const { clock } = this.#options;
    this.#failingSinceMs ??= clock.monotonic();
    // Several layers fail at once, and each counts down.
    if (clock.monotonic() < this.#nextWordMs) return;
    this.#nextWordMs = clock.monotonic() + wordEveryMs;
    this.#asking ??= this.#sayWhy(seconds)
      .catch((thrown) => {
        if (!this.#over.signal.aborted) this.#options.stop.now(thrown);
      })
      .finally(() => {
        this.#asking = undefined;
      });
  }

  async #sayWhy(seconds: number): Promise<void> {
    const { host, say, stop } = this.#options;
    const problem = await this.#problem(askMs, AbortSignal.any([this.#over.signal, stop.signal]));
    const leftMs = this.#failingLeftMs(problem === undefined);
    if (leftMs <= 0) throw this.#failed(problem);
    const what = problem?.message ?? `the registry ${host} did not take a layer`;
    say(`${what}; the engine tries again in ${seconds} s, giving up in ${inSeconds(leftMs)}`);
  }

  #failed(problem: GitkubeError | undefined): GitkubeError {
    const limit = inSeconds(this.#failingLimitMs);
    const words = problem
      ? `${problem.message}; tried for ${limit}`
      : `the registry ${this.#options.host} did not take a layer in ${limit}`;
    return new GitkubeError('RegistryUnavailable', words, { cause: problem, ...(problem && { hint: problem.hint }) });
  }

  async #look(ms: number, signal: AbortSignal): Promise<Trouble | undefined> {
    const frozen = await engineTrouble(this.#options.engine, ms, signal);
    if (frozen) return frozen;
    const problem = await this.#problem(ms, signal);
    if (!problem && this.#progress.queued) return undefined;
    return (seconds) => {
      const bytes = `has not taken a byte of the image for ${seconds} s`;
      const what = problem ? `${problem.message} and ${bytes}` : `the registry ${this.#options.host} ${bytes}`;
      return new GitkubeError('RegistryUnavailable', what, { cause: problem, hint });
    };
  }

  /** What the registry says against a push now. A fault that no other try can help is thrown. */
  async #problem(ms: number, signal: AbortSignal): Promise<GitkubeError | undefined> {
    const { host, ask } = this.#options;
    const late = () => new GitkubeError('RegistryUnavailable', `the registry ${host} does not answer`);
    const problem = await within(ms, signal, late, ask).then(() => undefined, asGitkubeError);
    signal.throwIfAborted();
    if (problem?.kind === 'user') throw problem;
    return problem;
  }

  #sayProgress(): void {
    const { clock, say } = this.#options;
    if (clock.monotonic() < this.#nextProgressMs) return;
    this.#nextProgressMs = clock.monotonic() + progressEveryMs;
    const { current, total } = this.#progress.bytes;
    if (total >= 1e6) say(`pushed ${Math.round(current / 1e6)} of ${Math.round(total / 1e6)} MB`);
  }
}

/** For people; never `0 s`. */
export function inSeconds(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))} s`;
}
