import { cutTo } from '../../base/cut-to.ts';
import type { Terminal } from '../runs/client.ts';

/** ECMA-48: the cursor up so many rows; what is right of it, and what is below, is erased. */
const up = (rows: number) => (rows === 0 ? '' : `\u001b[${rows}A`);
const eraseRight = '\u001b[K';
const eraseBelow = '\u001b[J';
const eraseAll = '\u001b[2J\u001b[H';

/**
 * Draws lines in place of those that it drew before, and leaves the cursor below them, as a terminal has it whose server is
 * gone from one moment to the next: no mode of the terminal is changed.
 */
export class Screen {
  readonly #terminal: Terminal;
  #drawn: readonly string[] = [];
  #isResized = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How many rows there are now of what was drawn, each terminal decides in its own way. */
  resized(): void {
    this.#isResized = true;
  }

  /** @returns what has to be written; empty: it is on the screen already */
  draw(lines: readonly string[]): string {
    const rows = this.#fitted(lines);
    const isSame = rows.length === this.#drawn.length && rows.every((row, index) => row === this.#drawn[index]);
    if (isSame && !this.#isResized) return '';
    const back = this.#isResized ? eraseAll : up(this.#drawn.length);
    this.#drawn = rows;
    this.#isResized = false;
    return `${back}${rows.map((row) => `${row}${eraseRight}\r\n`).join('')}${eraseBelow}`;
  }

  /** Those that a screen has room for, with the row of the cursor; 0 rows or columns: a client that does not know. */
  #fitted(lines: readonly string[]): readonly string[] {
    const { columns, rows } = this.#terminal.size;
    const room = rows === 0 ? lines.length : Math.max(1, rows - 1);
    const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more`];
    return columns === 0 ? shown : shown.map((line) => cutTo(line, columns));
  }
}
