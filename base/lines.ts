/**
 * Bytes to whole lines, over chunk borders and inside UTF-8 sequences. A `\r` that is no line end restarts the line, as
 * a terminal would show it. A line over `maxLength` characters is passed on in pieces, so memory stays bounded.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #onLine: (line: string) => void;
  readonly #maxLength: number;
  #rest = '';

  constructor(onLine: (line: string) => void, maxLength = 8192) {
    this.#onLine = onLine;
    this.#maxLength = maxLength;
  }

  write(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The last line need not end in a newline. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#rest !== '') this.#emit(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#emit(line);
    while (this.#rest.length > this.#maxLength) {
      this.#onLine(this.#rest.slice(0, this.#maxLength));
      this.#rest = this.#rest.slice(this.#maxLength);
    }
  }

  #emit(line: string): void {
    const visible = line.endsWith('\r') ? line.slice(0, -1) : line;
    this.#onLine(visible.slice(visible.lastIndexOf('\r') + 1));
  }
}
