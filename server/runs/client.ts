import type { Readable } from 'node:stream';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The terminal of a client. */
export interface Terminal {
  readonly size: TerminalSize;
  /** It takes colors, and its owner has not refused them; unset: it does not. */
  readonly hasColors?: boolean;
  /** Its cursor can be moved; unset: it takes lines alone. */
  readonly isScreen?: boolean;
  /** Keys come as they are typed, Ctrl-C as a byte; unset: what comes may be anything. */
  readonly isRaw?: boolean;
  /** Called whenever it has another size. */
  onResize(resized: (size: TerminalSize) => void): void;
}

/** Who runs a command, whatever door they came by. */
export interface RunClient {
  readonly input: Readable;
  /** @returns undefined: there may be more; else what resolves when it was read */
  print(stream: 'stdout' | 'stderr', bytes: Buffer): Promise<void> | undefined;
  /** A line of Gitkube, which is none of the command. */
  say(line: string): void;
  /** Unset: its input is no terminal. */
  readonly terminal: Terminal | undefined;
  /** Aborts when the client has left. */
  readonly left: AbortSignal;
}
