import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifMissing } from '../../git/missing.ts';
import { lineKinds } from '../output.ts';

/** One line of output as it is kept. */
const KeptLine = z.object({
  /** Counts what was said, from 1: where numbers are missing, lines are left out. */
  n: z.number().int(),
  /** Since the deploy began. */
  ms: z.number(),
  kind: z.enum(lineKinds),
  text: z.string(),
});
export type KeptLine = z.infer<typeof KeptLine>;

export interface OutputBounds {
  /** Of the beginning, which stays. */
  readonly headBytes: number;
  /** Of what was said last, once more than the beginning was said: between this and twice as much is there. */
  readonly tailBytes: number;
}

/** Over which a file is never appended to at once, so its size is known to within this. */
export const MAX_BATCH_BYTES = 64 * 1024;

const NAME = /^output\.(\d+)$/;

/**
 * The output of a deploy, in files that are only appended to: `output.0` is the beginning, and of those after it, which are
 * of one size, the last two are kept. So it is bounded while it grows, and a crash loses nothing of it.
 */
export class OutputFile {
  readonly #folder: string;
  readonly #bounds: OutputBounds;
  #file: FileHandle | undefined;
  #number = 0;
  #size = 0;
  /** A write failed in the middle, perhaps: what it has left of a line ends before the next one. */
  #isTorn = false;

  constructor(folder: string, bounds: OutputBounds) {
    this.#folder = folder;
    this.#bounds = bounds;
  }

  /** @param batch whole lines, at most MAX_BATCH_BYTES */
  async append(batch: string): Promise<void> {
    const file = await this.#writable();
    const text = this.#isTorn ? `\n${batch}` : batch;
    this.#isTorn = true;
    await file.appendFile(text);
    this.#isTorn = false;
    this.#size += Buffer.byteLength(text);
  }

  /** @param synced what was appended last is on the disk when it resolves */
  async close(synced?: 'synced'): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (!file) return;
    await (synced ? file.sync() : Promise.resolve()).finally(() => file.close());
  }

  async #writable(): Promise<FileHandle> {
    const { headBytes, tailBytes } = this.#bounds;
    if (this.#file && this.#size >= (this.#number === 0 ? headBytes : tailBytes)) {
      await this.close();
      this.#number += 1;
      this.#size = 0;
      if (this.#number > 2) await rm(this.#path(this.#number - 2), { force: true });
    }
    this.#file ??= await open(this.#path(this.#number), 'a', 0o600);
    return this.#file;
  }

  #path(number: number): string {
    return join(this.#folder, `output.${number}`);
  }
}

/** Reads the output from its beginning, as far as it is written; it remembers where it was, and nothing else. */
export class OutputCursor {
  readonly #folder: string;
  #number = 0;
  #offset = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is there now and was not read yet, in pieces; it is called again once there may be more. */
  async *read(): AsyncGenerator<readonly KeptLine[]> {
    for (;;) {
      // Looked for first: once it is there, nothing is added to the one before it any more.
      const next = await this.#next();
      yield* this.#rest();
      if (next === undefined) return;
      this.#number = next;
      this.#offset = 0;
    }
  }

  async *#rest(): AsyncGenerator<readonly KeptLine[]> {
    const file = await open(join(this.#folder, `output.${this.#number}`)).catch(ifMissing(undefined));
    if (!file) return;
    try {
      const buffer = Buffer.allocUnsafe(MAX_BATCH_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
        const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
        // The last line is still being written, or was cut off; one that fills the buffer is none of ours.
        if (end === 0 && bytesRead < buffer.length) return;
        this.#offset += end || bytesRead;
        yield buffer.toString('utf8', 0, end).split('\n').flatMap(parse);
      }
    } finally {
      await file.close();
    }
  }

  async #next(): Promise<number | undefined> {
    const names = await readdir(this.#folder).catch(ifMissing([]));
    const numbers = names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
    const later = numbers.filter((number) => number > this.#number);
    return later.length === 0 ? undefined : Math.min(...later);
  }
}

/** A line that was cut off is left out. */
function parse(line: string): readonly KeptLine[] {
  if (line === '') return [];
  try {
    return [KeptLine.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
