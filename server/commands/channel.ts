import type { Readable, Writable } from 'node:stream';

/** The session of one command, whatever door its client came by. */
export interface Channel {
  /** What the client sends. */
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** What all of them go through: it keeps what the client does not read. */
  readonly connection: Pick<Writable, 'writableNeedDrain' | 'once' | 'off'>;
  /** Ends the session with an exit code, behind what was written to stdout and stderr. */
  end(code: number): void;
  /** Ends the session at once, without one. */
  close(): void;
}
