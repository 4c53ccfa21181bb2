/** Of what waits first, and of what waits last. */
const HALF_BYTES = 128 * 1024;

interface Line {
  readonly text: string;
  readonly bytes: number;
}

/**
 * Lines that wait for the disk, or for a reader. Where it is slower than they come, those in the middle are left out, so that
 * memory is bounded and both the beginning and the end of a long output stay.
 */
export class WaitingLines {
  readonly #first = new Part();
  readonly #last = new Part();
  #leftOut = 0;

  get isEmpty(): boolean {
    return this.#first.isEmpty && this.#last.isEmpty;
  }

  add(text: string): void {
    const line = { text, bytes: Buffer.byteLength(text) };
    const isNext = this.#last.isEmpty && this.#first.bytes + line.bytes <= HALF_BYTES;
    (isNext ? this.#first : this.#last).add(line);
    for (; this.#last.bytes > HALF_BYTES; this.#leftOut++) this.#last.take();
  }

  /** How many lines are left out before what `take` returns next, which is asked once. */
  takeLeftOut(): number {
    if (!this.#first.isEmpty) return 0;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }

  /** The next ones that belong together, as many as have room in so many bytes; one at least. */
  take(maxBytes: number): string {
    const part = this.#first.isEmpty ? this.#last : this.#first;
    let batch = part.take();
    for (let room = maxBytes - Buffer.byteLength(batch); !part.isEmpty && part.nextBytes <= room; ) {
      room -= part.nextBytes;
      batch += part.take();
    }
    return batch;
  }
}

class Part {
  #lines: Line[] = [];
  /** Those before it are taken. */
  #from = 0;
  bytes = 0;

  get isEmpty(): boolean {
    return this.#lines.length === this.#from;
  }

  get nextBytes(): number {
    return this.#lines[this.#from]?.bytes ?? 0;
  }

  add(line: Line): void {
    this.#lines.push(line);
    this.bytes += line.bytes;
  }

  take(): string {
    const { text, bytes } = this.#lines[this.#from] ?? { text: '', bytes: 0 };
    this.bytes -= bytes;
    if (!this.isEmpty) this.#from += 1;
    // `shift` moves all others each time, which takes the server as long as a task prints short lines.
    if (this.#from * 2 >= this.#lines.length) {
      this.#lines = this.#lines.slice(this.#from);
      this.#from = 0;
    }
    return text;
  }
}
