import { untilAborted } from '../../base/until-aborted.ts';
import { type OutputReader, textOf } from './output.ts';
import { WaitingLines } from './records/waiting-lines.ts';

const MAX_PIECE_BYTES = 64 * 1024;

/** What a deploy says as text, for one reader that may be slow or leave: where it is, lines in the middle are left out. */
export class OutputText {
  readonly #waiting = new WaitingLines();
  #more = Promise.withResolvers<void>();
  #isOver = false;

  readonly read: OutputReader = (line) => {
    this.#waiting.add(`${textOf(line)}\n`);
    this.#more.resolve();
  };

  /** Nothing more is said. */
  end(): void {
    this.#isOver = true;
    this.#more.resolve();
  }

  /** Whole lines as they come, to the end, or until the reader leaves. */
  async *until(left: AbortSignal): AsyncGenerator<string> {
    for (;;) {
      while (!this.#waiting.isEmpty) yield this.#waiting.take(MAX_PIECE_BYTES);
      if (this.#isOver || left.aborted) return;
      await untilAborted(this.#more.promise, left).catch(() => {});
      this.#more = Promise.withResolvers();
    }
  }
}
