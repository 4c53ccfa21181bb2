import type { Clock } from '../../../base/clock.ts';
import { asGitkubeError } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { OutputLine } from '../output.ts';
import type { Phase } from '../phases.ts';
import type { Begin, End, Fact, Facts, Joined } from './facts.ts';
import { type KeptLine, MAX_BATCH_BYTES, type OutputBounds, OutputFile } from './output-file.ts';
import { addFact, makeRecordFolder } from './record-folder.ts';
import { WaitingLines } from './waiting-lines.ts';

/** More than a team has; the record stays small. */
const MAX_JOINED = 100;

export interface LiveRecordParts {
  readonly repository: string;
  readonly begin: Omit<Begin, 'kind' | 'at'>;
  /** Milliseconds since the deploy began, as it has received a push before it is asked for. */
  readonly elapsedMs: number;
  readonly bounds: OutputBounds;
  readonly clock: Clock;
  readonly log: Logger;
  /** When its folder may be made: the one of the deploy before it has its number by then. */
  readonly after: Promise<void>;
}

/**
 * The record of a deploy that is under way. Nobody waits for it: what is added goes to the disk in batches, one after the
 * other, and a disk that is full, slow or read-only costs lines and nothing else.
 */
export class LiveRecord {
  /** Resolves when it has ended and is written, as far as it could be; never rejects. */
  readonly settled: Promise<void>;
  /** Resolves when it is there to be read, or could not be written; never rejects. */
  readonly opened: Promise<void>;
  readonly repository: string;
  readonly #parts: LiveRecordParts;
  readonly #startedAt: number;
  readonly #begin: Begin;
  readonly #phases: { phase: string; at: string; ms: number }[] = [];
  readonly #joined: Joined[] = [];
  readonly #facts: Fact[] = [];
  readonly #lines = new WaitingLines();
  #said = 0;
  #commit: string;
  #end: End | undefined;
  #wake = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();
  #hasFailed = false;
  #isOver = false;
  #isComplete = false;

  constructor(parts: LiveRecordParts) {
    const { clock, begin, elapsedMs, repository, after } = parts;
    this.#parts = parts;
    this.repository = repository;
    this.#startedAt = clock.monotonic() - elapsedMs;
    this.#commit = begin.commit;
    this.#begin = { kind: 'begin', ...begin, at: rfc3339(clock.now() - elapsedMs) };
    const folder = after.then(() => makeRecordFolder(repository, begin.id, this.#begin));
    this.opened = folder.then(
      () => {},
      () => {},
    );
    this.settled = this.#write(folder);
  }

  /** What is known of it, also where it could not be written. */
  get facts(): Facts {
    const [phases, joined] = [[...this.#phases], [...this.#joined]];
    return { begin: this.#begin, phases, joined, commit: this.#commit, end: this.#end };
  }

  /** Nothing more of it will be written. */
  get isSettled(): boolean {
    return this.#isOver;
  }

  /** Its end is on the disk. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Since the deploy began. */
  get ms(): number {
    return Math.round(this.#parts.clock.monotonic() - this.#startedAt);
  }

  /** Resolves when more of it can be read, or it is settled. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  readonly line = ({ kind, text }: OutputLine): void => {
    if (this.#end || this.#isOver) return;
    const line: KeptLine = { n: ++this.#said, ms: this.ms, kind, text };
    this.#lines.add(`${JSON.stringify(line)}\n`);
    this.#wake.resolve();
  };

  readonly phase = (phase: Phase): void => {
    // Going on with the same one is nothing new.
    if (this.#end || this.#isOver || this.#phases.at(-1)?.phase === phase) return;
    const began = { phase, at: rfc3339(this.#parts.clock.now()), ms: this.ms };
    this.#phases.push(began);
    this.#add({ kind: 'phase', ...began });
  };

  /** What is to run, once it is known. */
  commit(commit: string): void {
    if (this.#end || this.#isOver || commit === this.#commit) return;
    this.#commit = commit;
    this.#add({ kind: 'commit', commit });
  }

  joined({ name, fingerprint }: Omit<Joined, 'at'>): void {
    if (this.#end || this.#isOver || this.#joined.length === MAX_JOINED) return;
    const joined = { at: rfc3339(this.#parts.clock.now()), name, fingerprint };
    this.#joined.push(joined);
    this.#add({ kind: 'joined', ...joined });
  }

  end({ verdict, images }: Pick<End, 'verdict' | 'images'>): void {
    if (this.#end) return;
    const at = rfc3339(this.#parts.clock.now());
    this.#end = { kind: 'end', at, ms: this.ms, lines: this.#said, verdict, images };
    this.#wake.resolve();
  }

  #add(fact: Fact): void {
    this.#facts.push(fact);
    this.#wake.resolve();
  }

  /** Never rejects. */
  async #write(made: Promise<string>): Promise<void> {
    try {
      const folder = await made;
      const output = new OutputFile(folder, this.#parts.bounds);
      await this.#untilEnded(() => this.#empty(folder, output));
      await this.#try(() => output.close('synced'));
      if (this.#end) await addFact(folder, this.#end, 'synced');
      this.#isComplete = true;
    } catch (thrown) {
      this.#failed(thrown);
      // Without a folder it still follows the deploy: its readers wait for the end, and for the verdict.
      await this.#untilEnded(async () => this.#drop());
    } finally {
      this.#isOver = true;
      this.#changed.resolve();
    }
  }

  async #untilEnded(empty: () => Promise<void>): Promise<void> {
    while (!this.#end || this.#facts.length > 0 || !this.#lines.isEmpty) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
      await empty();
      const { resolve } = this.#changed;
      this.#changed = Promise.withResolvers();
      resolve();
    }
  }

  async #empty(folder: string, output: OutputFile): Promise<void> {
    for (let fact = this.#facts.shift(); fact; fact = this.#facts.shift()) {
      const known = fact;
      await this.#try(() => addFact(folder, known));
    }
    while (!this.#lines.isEmpty) {
      const batch = this.#lines.take(MAX_BATCH_BYTES);
      await this.#try(() => output.append(batch));
    }
  }

  #drop(): void {
    this.#facts.length = 0;
    while (!this.#lines.isEmpty) this.#lines.take(MAX_BATCH_BYTES);
  }

  async #try(work: () => Promise<void>): Promise<void> {
    await work().catch((thrown) => this.#failed(thrown));
  }

  /** Logged once: a full disk fails with each line. */
  #failed(thrown: unknown): void {
    const { log } = this.#parts;
    if (!this.#hasFailed) log.warn({ err: asGitkubeError(thrown) }, 'the record of this deploy could not be written');
    this.#hasFailed = true;
  }
}

export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
