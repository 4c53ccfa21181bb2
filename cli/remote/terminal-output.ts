import { fstatSync, write } from 'node:fs';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { WriteStream } from 'node:tty';

/** Where a session prints. */
export interface Outputs {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * Outputs that let this process go on while nobody reads there. Node writes to a terminal synchronously: one that is stopped
 * (Ctrl-S, a connection that stands still) would stop the signs of life as well, and the server would take this client for
 * gone. So a thread of the pool waits for it. A pipe that nobody reads keeps nothing waiting.
 * https://nodejs.org/api/process.html#a-note-on-process-io
 */
export class TerminalOutputs implements Outputs {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly #own = new Set<Writable>();

  constructor({ stdout, stderr }: Outputs) {
    const [out, err] = [terminalOf(stdout), terminalOf(stderr)];
    this.stdout = out ? this.#outputTo(stdout, out) : stdout;
    // On one terminal, what comes first is shown first.
    if (out && out.device === err?.device) this.stderr = this.stdout;
    else this.stderr = err ? this.#outputTo(stderr, err) : stderr;
  }

  /** Resolves when all of it is written: what is printed next, past these, comes after it. Never rejects. */
  async end(): Promise<void> {
    await Promise.all([...this.#own].map((one) => finished(one.end()).catch(() => {})));
  }

  #outputTo(stream: Writable, { fd }: OpenTerminal): Writable {
    const own = new Writable({ write: (bytes: Buffer, _encoding, done) => writeAll(fd, bytes, done) });
    own.on('error', (error) => void stream.emit('error', error));
    this.#own.add(own);
    return own;
  }
}

interface OpenTerminal {
  readonly fd: number;
  readonly device: number;
}

function terminalOf(stream: Writable): OpenTerminal | undefined {
  const { isTTY, fd } = stream as Partial<WriteStream & { readonly fd: number }>;
  return isTTY && fd !== undefined ? { fd, device: fstatSync(fd).rdev } : undefined;
}

function writeAll(fd: number, bytes: Buffer, done: (error?: Error | null) => void): void {
  write(fd, bytes, (error, written) => {
    if (error || written === bytes.length) done(error);
    else writeAll(fd, bytes.subarray(written), done);
  });
}
