import { untilAborted } from '../../../base/until-aborted.ts';
import type { Repository } from '../../git/repository.ts';
import type { Begin, End, Facts, Joined, Verdict } from './facts.ts';
import type { LiveRecord } from './live-record.ts';
import { type KeptLine, OutputCursor } from './output-file.ts';
import { factsIn, type RecordFolder, recordFolders } from './record-folder.ts';
import type { DeployRecorder } from './recorder.ts';

/** A deploy as its record has it. */
export interface DeployRecord extends Omit<Begin, 'kind'> {
  readonly phases: readonly {
    readonly phase: string;
    readonly at: string;
    /** Undefined: the one in which it was interrupted. */
    readonly seconds?: number;
  }[];
  /** Who pushed the same while it was under way. */
  readonly joined: readonly Joined[];
  /** So far; undefined: nobody knows when it was interrupted. */
  readonly seconds?: number;
  readonly verdict: Verdict | { readonly result: 'running'; readonly phase: string };
  readonly images: End['images'];
}

/** Lines of output, or how many are left out there. */
export type OutputPiece = KeptLine | { readonly leftOut: number };

/** Reads the records of environments, also of deploys that are under way. */
export class DeployRecords {
  readonly #recorder: Pick<DeployRecorder, 'live' | 'written'>;

  constructor(recorder: Pick<DeployRecorder, 'live' | 'written'>) {
    this.#recorder = recorder;
  }

  /** The newest first. */
  async all(repository: Pick<Repository, 'folder'>, atMost = Number.POSITIVE_INFINITY): Promise<DeployRecord[]> {
    const kept = (await this.#kept(repository)).slice(0, atMost);
    const records = await Promise.all(kept.map((deploy) => deploy.read()));
    return records.flatMap((record) => record ?? []);
  }

  /** @param id of the deploy; undefined: the last one. @returns undefined when it is not kept */
  async find(repository: Pick<Repository, 'folder'>, id: string | undefined): Promise<KeptDeploy | undefined> {
    for (const deploy of await this.#kept(repository)) {
      if ((id === undefined || deploy.id === id) && (await deploy.read())) return deploy;
    }
    return undefined;
  }

  async #kept({ folder: own }: Pick<Repository, 'folder'>): Promise<KeptDeploy[]> {
    await this.#recorder.written(own);
    const folders = (await recordFolders(own)).reverse();
    // Before any of them is read: one that ends then is not live any more once its end is written.
    return folders.map((folder) => new KeptDeploy(folder, this.#recorder.live(folder.id)));
  }
}

/** One deploy that has a record. */
export class KeptDeploy {
  readonly id: string;
  readonly #folder: RecordFolder;
  /** As long as it is under way in this server. */
  readonly #live: LiveRecord | undefined;

  constructor(folder: RecordFolder, live: LiveRecord | undefined) {
    this.id = folder.id;
    this.#folder = folder;
    this.#live = live;
  }

  /** As it is now; undefined: it is gone, or the end of the server cut off its first line. */
  async read(): Promise<DeployRecord | undefined> {
    const facts = await this.#facts();
    return facts && recordOf(facts, this.#live?.ms);
  }

  /**
   * What it said from its beginning, and where it is under way, until its end. One piece is held at a time: what a slow reader
   * costs is lines that are left out by then.
   * @throws the reason of the signal
   */
  async *output(signal: AbortSignal): AsyncGenerator<readonly OutputPiece[]> {
    const cursor = new OutputCursor(this.#folder.path);
    let last = 0;
    for (let isOver = false; !isOver; ) {
      const more = this.#live?.changed() ?? Promise.resolve();
      isOver = this.#live?.isSettled ?? true;
      for await (const lines of cursor.read()) {
        signal.throwIfAborted();
        yield withGaps(lines, last);
        last = lines.at(-1)?.n ?? last;
      }
      if (!isOver) await untilAborted(more, signal);
    }
    const missing = ((await this.#facts())?.end?.lines ?? last) - last;
    if (missing > 0) yield [{ leftOut: missing }];
  }

  async #facts(): Promise<Facts | undefined> {
    return this.#live?.facts ?? factsIn(this.#folder);
  }
}

/** @param runningMs of one that is under way in this server */
function recordOf({ begin, phases, commit, joined, end }: Facts, runningMs: number | undefined): DeployRecord {
  const { kind: _, ...asked } = begin;
  const endMs = end?.ms ?? runningMs;
  const received = { phase: 'receive', at: begin.at, ms: 0 };
  const all = [received, ...phases];
  return {
    ...asked,
    commit,
    joined,
    phases: all.map(({ phase, at, ms }, index) => {
      const until = all[index + 1]?.ms ?? endMs;
      return { phase, at, ...(until !== undefined && { seconds: seconds(until - ms) }) };
    }),
    ...(endMs !== undefined && { seconds: seconds(endMs) }),
    verdict: verdictOf(end, runningMs, all.at(-1)?.phase ?? ''),
    images: end?.images ?? [],
  };
}

/** Whether it runs is not on the disk, so nothing has to be written when the server that ran it is gone. */
function verdictOf(end: End | undefined, runningMs: number | undefined, phase: string): DeployRecord['verdict'] {
  if (end) return end.verdict;
  return runningMs === undefined ? { result: 'interrupted' } : { result: 'running', phase };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

function withGaps(lines: readonly KeptLine[], last: number): OutputPiece[] {
  return lines.flatMap((line, index) => {
    const leftOut = line.n - (lines[index - 1]?.n ?? last) - 1;
    return leftOut > 0 ? [{ leftOut }, line] : [line];
  });
}
