import type { Terminal, TerminalSize } from '../../runs/client.ts';

/** A terminal of so many columns and rows, which a test can resize. */
export class FakeTerminal implements Terminal {
  size: TerminalSize;
  readonly hasColors: boolean;
  readonly isScreen = true;
  readonly #listeners: ((size: TerminalSize) => void)[] = [];

  constructor({ columns = 80, rows = 24, hasColors = true } = {}) {
    this.size = { columns, rows };
    this.hasColors = hasColors;
  }

  onResize(resized: (size: TerminalSize) => void): void {
    this.#listeners.push(resized);
  }

  resize(size: TerminalSize): void {
    this.size = size;
    for (const resized of this.#listeners) resized(size);
  }
}
