import type { Clock } from '../../base/clock.ts';
import { LineSplitter } from '../../base/lines.ts';
import { FirstError, isErrorLine } from '../../base/log-lines.ts';
import { duration, plain } from '../../base/text.ts';
import type { BuildEvent } from '../engine/build-events.ts';
import type { Say } from '../types.ts';
import type { Mask } from './mask.ts';

export interface FailedStep {
  /** In the words of the engine, as is the error: nobody has hidden anything in them. */
  readonly step: string;
  readonly error: string;
  /** The line of its output that says best what went wrong; undefined: none speaks of an error. */
  readonly said: string | undefined;
  readonly lines: readonly string[];
}

type StepEvent = Extract<BuildEvent, { kind: 'step' }>;

interface Step {
  readonly name: string;
  /** As people see it. */
  readonly shown: string;
  announced: boolean;
  done: boolean;
  startedMs: number | undefined;
  error: string | undefined;
  /** Layers of a base image are unpacked, or were: the engine says nothing more until that is done. */
  unpacks: boolean;
  readonly log: LineSplitter;
  readonly lastLines: string[];
  /** The first ones that speak of an error: what follows from it fills the screen. */
  readonly firstErrors: { readonly line: string; readonly said: number }[];
  readonly said: FirstError;
  /** How many lines had been said after the last one of these. */
  lastSaid: number;
  readonly downloads: Map<string, { readonly current: number; readonly total: number }>;
}

const progressEveryMs = 5000;
const keptLines = 15;
const keptErrors = 2;
/** So many lines the pusher still has before the eyes when the push ends. */
const inSight = 20;
const fetching = /^(?:\[internal\] load metadata for |resolve image config for |\[[^\]]+\] FROM )/;
/** The time of faster steps is not printed. */
const worthSayingMs = 1000;

/**
 * A running build for the person who waits for it: one line for each step of the Dockerfile, its output indented below,
 * `cached` or a duration behind it. What BuildKit does for itself is left out.
 */
export class BuildReport {
  readonly #say: Say;
  readonly #clock: Clock;
  readonly #mask: Mask | undefined;
  readonly #steps = new Map<string, Step>();
  #current: Step | undefined;
  #nextProgressMs: number;
  #said = 0;
  outputBytes = 0;

  /** @param mask hides the values of secrets; unset: there are none */
  constructor(say: Say, clock: Clock, mask?: Mask) {
    this.#mask = mask;
    this.#say = (line) => {
      this.#said++;
      say(line);
    };
    this.#clock = clock;
    this.#nextProgressMs = clock.monotonic() + progressEveryMs;
  }

  take(event: BuildEvent): void {
    if (event.kind === 'step') this.#takeStep(event);
    else if (event.kind === 'log') this.#takeLog(event.id, event.text);
    else if (event.kind === 'progress') this.#takeProgress(event.id, event.name, event.current, event.total);
    else this.#say(`warning: ${this.#hide(event.text)}`);
  }

  /**
   * The step that failed, and its first errors and last lines where those have scrolled away: all was said as it came, and
   * nobody wants to read it twice.
   */
  failure(): FailedStep | undefined {
    const failed = [...this.#steps.values()].filter((step) => step.error !== undefined);
    const step = failed.find(({ error }) => !/context canceled/.test(error ?? '')) ?? failed[0];
    if (step === undefined) return undefined;
    step.log.end();
    const seen = this.#said - step.lastSaid <= inSight;
    const last = seen ? [] : step.lastLines;
    const isGone = (error: Step['firstErrors'][number]) =>
      this.#said - error.said > inSight && !last.includes(error.line);
    const first = step.firstErrors.filter(isGone).map(({ line }) => line);
    const gap = first.length > 0 && last.length > 0 ? ['…'] : [];
    return { step: step.name, error: step.error ?? '', said: step.said.line, lines: [...first, ...gap, ...last] };
  }

  /** The step that fetches a base image, where that is all that the build waits for. */
  get fetches(): string | undefined {
    const running = [...this.#steps.values()].filter(({ startedMs, done }) => startedMs !== undefined && !done);
    return running.every(({ name, unpacks }) => fetching.test(name) && !unpacks) ? running[0]?.shown : undefined;
  }

  #takeStep(event: StepEvent): void {
    const step = this.#step(event.id, event.name);
    if (event.error !== undefined) step.error = event.error;
    if (event.state === 'waiting' || step.done) return;
    step.startedMs ??= this.#clock.monotonic();
    if (event.state === 'running') {
      this.#announce(step);
      return;
    }
    step.done = true;
    step.log.end();
    const tookMs = event.tookMs ?? this.#clock.monotonic() - step.startedMs;
    if (event.error !== undefined) this.#announce(step);
    else if (event.cached) this.#announce(step, '  (cached)');
    else {
      this.#announce(step);
      if (tookMs >= worthSayingMs && shown(step.name)) this.#say(`${prefix(step.shown)} took ${duration(tookMs)}`);
    }
  }

  #takeLog(id: string, text: Buffer): void {
    this.outputBytes += text.length;
    this.#steps.get(id)?.log.write(text);
  }

  #takeProgress(id: string, name: string, current: number, total: number): void {
    const step = this.#steps.get(id);
    if (step && /^extracting\b/i.test(name)) step.unpacks = true;
    if (step === undefined || total <= 0) return;
    step.downloads.set(name, { current, total });
    if (this.#clock.monotonic() < this.#nextProgressMs) return;
    this.#nextProgressMs = this.#clock.monotonic() + progressEveryMs;
    const sum = [...step.downloads.values()].reduce(
      (all, one) => ({ current: all.current + one.current, total: all.total + one.total }),
      { current: 0, total: 0 },
    );
    if (sum.current < sum.total)
      this.#say(`${prefix(step.shown)} ${megabytes(sum.current)} of ${megabytes(sum.total)}`);
  }

  #step(id: string, name: string): Step {
    const known = this.#steps.get(id);
    if (known) return known;
    const line = name.replace(/\s+/g, ' ');
    const step: Step = {
      name: plain(line, 160),
      shown: plain(this.#hide(line), 160),
      announced: false,
      done: false,
      startedMs: undefined,
      error: undefined,
      unpacks: false,
      log: new LineSplitter((line) => this.#logLine(step, line), undefined, this.#mask),
      lastLines: [],
      firstErrors: [],
      said: new FirstError(),
      lastSaid: 0,
      downloads: new Map(),
    };
    this.#steps.set(id, step);
    return step;
  }

  #hide(text: string): string {
    return this.#mask ? this.#mask.hide(text) : text;
  }

  #announce(step: Step, suffix = ''): void {
    if (step.announced || !(shown(step.name) || step.error !== undefined)) return;
    step.announced = true;
    this.#current = step;
    this.#say(`${step.shown}${suffix}`);
  }

  #logLine(step: Step, printed: string): void {
    const line = this.#hide(printed);
    step.lastLines.push(line);
    if (step.lastLines.length > keptLines) step.lastLines.shift();
    // Steps that run side by side take turns: whose lines these are must be seen.
    if (this.#current !== step) this.#say(`${prefix(step.shown)} …`);
    this.#current = step;
    this.#say(`  ${line}`);
    step.lastSaid = this.#said;
    step.said.take(printed, line);
    if (step.firstErrors.length < keptErrors && isErrorLine(printed)) step.firstErrors.push({ line, said: this.#said });
  }
}

/** `[2/4] RUN make` is a step of the Dockerfile; `[internal] …` and `exporting to image` are BuildKit's own, some LABELs are ours. */
function shown(name: string): boolean {
  return /^\[(?!internal\])/.test(name) && !/^\[[\d/]+\] LABEL (?:org\.opencontainers\.image|sh\.gitkube)\./.test(name);
}

function prefix(name: string): string {
  return /^\[[^\]]*\]/.exec(name)?.[0] ?? name;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
