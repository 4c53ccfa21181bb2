/** Of what waits first, and of what waits last. */
const HALF_BYTES = 128 * 1024;

interface Line {
  readonly text: string;
  readonly bytes: number;
}

/**
 * Lines that wait for the disk. Where it is slower than they come, those in the middle are left out, so that memory is
 * bounded and both the beginning and the end of a long output stay.
 */
export class WaitingLines {
  readonly #first = new Part();
  readonly #last = new Part();

  get isEmpty(): boolean {
    return this.#first.isEmpty && this.#last.isEmpty;
  }

  add(text: string): void {
    const line = { text, bytes: Buffer.byteLength(text) };
    const isNext = this.#last.isEmpty && this.#first.bytes + line.bytes <= HALF_BYTES;
    (isNext ? this.#first : this.#last).add(line);
    while (this.#last.bytes > HALF_BYTES) this.#last.take();
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
  readonly #lines: Line[] = [];
  bytes = 0;

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  get nextBytes(): number {
    return this.#lines[0]?.bytes ?? 0;
  }

  add(line: Line): void {
    this.#lines.push(line);
    this.bytes += line.bytes;
  }

  take(): string {
    const { text = '', bytes = 0 } = this.#lines.shift() ?? {};
    this.bytes -= bytes;
    return text;
  }
}
