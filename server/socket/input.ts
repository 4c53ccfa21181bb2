import { Readable } from 'node:stream';
import { chunkBytes, inputWindow } from './frames.ts';

/** Stdin of a client: it keeps what no command has read yet, which is no more than `inputWindow`. */
export class Input {
  readonly stream: Readable;
  readonly #taken: (bytes: number) => void;
  readonly #kept: Buffer[] = [];
  #bytes = 0;
  #isOver = false;
  #isWanted = false;

  /** @param taken called with the number of bytes that a command has read: the client may send as many more */
  constructor(taken: (bytes: number) => void) {
    this.#taken = taken;
    this.stream = new Readable({
      read: () => {
        this.#isWanted = true;
        this.#pass();
      },
    });
  }

  /** @returns false: the client sends more than it may */
  push(bytes: Buffer): boolean {
    this.#bytes += bytes.length;
    if (this.#isOver || this.#bytes > inputWindow) return false;
    // An empty chunk is read as nothing, which asks for no more.
    if (bytes.length > 0) this.#keep(bytes);
    this.#pass();
    return true;
  }

  /** As a copy, for the chunk that it came in may be far larger; and with small ones before it, of which each takes memory. */
  #keep(bytes: Buffer): void {
    let last = Buffer.from(bytes);
    let before = this.#kept.at(-1);
    while (before && before.length <= last.length && last.length < chunkBytes) {
      this.#kept.pop();
      last = Buffer.concat([before, last]);
      before = this.#kept.at(-1);
    }
    this.#kept.push(last);
  }

  end(): void {
    this.#isOver = true;
    this.#pass();
  }

  #pass(): void {
    while (this.#isWanted) {
      const next = this.#kept.shift();
      if (next === undefined) {
        this.#passEnd();
        return;
      }
      this.#bytes -= next.length;
      this.#isWanted = this.stream.push(next);
      this.#taken(next.length);
    }
  }

  #passEnd(): void {
    if (!this.#isOver) return;
    this.#isWanted = false;
    this.stream.push(null);
  }
}
