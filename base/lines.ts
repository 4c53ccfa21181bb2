/** Where a line that is too long may be cut. */
export interface Cuts {
  /** How many characters behind a cut have to be there before it is made. */
  readonly ahead: number;
  /** The first place from `at` on, and at most `ahead` behind it, where this text may be cut. */
  after(text: string, at: number): number;
}

const anywhere: Cuts = { ahead: 0, after: (_, at) => at };

/**
 * Bytes to whole lines, over chunk borders and inside UTF-8 sequences. A `\r` that is no line end restarts the line, as
 * a terminal would show it. A line over `maxLength` characters is passed on in pieces, so memory stays bounded.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #onLine: (line: string) => void;
  readonly #maxLength: number;
  readonly #cuts: Cuts;
  /** Of the line that has no end so far. Joined once: to add each to a string that is searched takes a copy of all. */
  #parts: string[] = [];
  #length = 0;

  constructor(onLine: (line: string) => void, maxLength = 8192, cuts = anywhere) {
    this.#onLine = onLine;
    this.#maxLength = maxLength;
    this.#cuts = cuts;
  }

  write(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The last line need not end in a newline. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#length > 0) this.#emit(this.#joined());
  }

  #take(text: string): void {
    const [first = '', ...more] = text.split('\n');
    this.#add(first);
    for (const part of more) {
      this.#emit(this.#joined());
      this.#add(part);
    }
    if (this.#length > this.#maxLength + this.#cuts.ahead) {
      this.#add(this.#pieces(this.#joined(), this.#maxLength + this.#cuts.ahead));
    }
  }

  #add(text: string): void {
    if (text === '') return;
    this.#parts.push(text);
    this.#length += text.length;
  }

  #joined(): string {
    const line = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    return line;
  }

  #emit(line: string): void {
    const visible = line.endsWith('\r') ? line.slice(0, -1) : line;
    this.#onLine(this.#pieces(visible.slice(visible.lastIndexOf('\r') + 1), this.#maxLength));
  }

  /** @returns what is left, of at most `most` characters */
  #pieces(line: string, most: number): string {
    let from = 0;
    while (line.length - from > most) {
      // No more than is needed: what searches it would search all of a long line for each of its pieces.
      const near = line.slice(from, from + this.#maxLength + this.#cuts.ahead);
      const cut = this.#cuts.after(near, this.#maxLength);
      this.#onLine(near.slice(0, cut));
      from += cut;
    }
    return line.slice(from);
  }
}
