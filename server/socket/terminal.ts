import type { Terminal, TerminalSize } from '../runs/client.ts';
import type { RequestTerminal } from './request.ts';

/** The terminal of a client, with the size that it has now. */
export class ClientTerminal implements Terminal {
  readonly #listeners: ((size: TerminalSize) => void)[] = [];
  readonly hasColors: boolean;
  readonly isScreen: boolean;
  readonly isRaw: boolean;
  #size: TerminalSize;

  constructor({ columns, rows, hasColors, isScreen, isRaw }: RequestTerminal) {
    this.hasColors = hasColors;
    this.isScreen = isScreen;
    this.isRaw = isRaw;
    this.#size = { columns, rows };
  }

  get size(): TerminalSize {
    return this.#size;
  }

  onResize(resized: (size: TerminalSize) => void): void {
    this.#listeners.push(resized);
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    for (const resized of this.#listeners) resized(size);
  }
}
