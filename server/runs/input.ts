import type { Readable } from 'node:stream';
import type { Attachment } from '../../kube/index.ts';

/** A raw terminal sends Ctrl-C as a byte. */
const CTRL_C = 3;

/** What is kept of input that comes before there is a container: the rest waits at the client. */
const maxKept = 64 * 1024;

/** The input of a run: kept until there is a container that takes it, then passed on no faster than it is taken. */
export class Input {
  readonly #from: Readable;
  readonly #kept: Buffer[] = [];
  #size = 0;
  #isOver = false;
  #to: Attachment | undefined;
  #endless: (() => void) | undefined;

  /**
   * @param isRaw it is a terminal that sends keys as they are typed; else each byte may be one of a file
   * @param interrupted called when Ctrl-C is typed before there is a container, which would understand it
   */
  constructor(from: Readable, isRaw: boolean, interrupted: () => void) {
    this.#from = from;
    from.on('data', (bytes: Buffer) => {
      if (this.#to) return this.#pass(this.#to, bytes);
      if (isRaw && bytes.includes(CTRL_C)) interrupted();
      this.#kept.push(bytes);
      this.#size += bytes.length;
      if (this.#size > maxKept) from.pause();
    });
    from.once('end', () => {
      this.#isOver = true;
      this.#end();
    });
  }

  /**
   * @param first goes before it
   * @param endless called when its end cannot be passed on
   */
  async connect(to: Attachment, first: Buffer, endless: () => void): Promise<void> {
    this.#endless = endless;
    const kept = Buffer.concat([first, ...this.#kept.splice(0)]);
    // At once, with its end where that is known: a short command must not end while it is on its way.
    const written = kept.length > 0 ? to.write(kept) : undefined;
    if (this.#isOver) {
      this.#to = to;
      return this.#end();
    }
    await written;
    this.#to = to;
    // What came during the write.
    for (const bytes of this.#kept.splice(0)) this.#pass(to, bytes);
    if (this.#isOver) this.#end();
    else this.#from.resume();
  }

  #pass(to: Attachment, bytes: Buffer): void {
    this.#from.pause();
    void to.write(bytes).then(() => this.#from.resume());
  }

  #end(): void {
    if (this.#to && !this.#to.endInput()) this.#endless?.();
  }
}
