import type { Readable, Writable } from 'node:stream';

/** What a command sees of the process it runs in. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  /** For a result that is not made of lines. */
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether somebody sits there who can be asked. */
  readonly interactive: boolean;
  /** A line of the result, on stdout. */
  out(line: string): void;
  /** A line about what happens, on stderr: never part of what a script reads. */
  note(line: string): void;
  /** From the first call on, Ctrl-C and SIGTERM abort this signal instead of ending the process at once. */
  interrupted(): AbortSignal;
}

export function processIo(): Io {
  let stop: AbortController | undefined;
  // The reader of our output may leave in the middle of it (`gitkube remote list | head -1`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`error: the result cannot be written to stdout (${error.code})\n`);
    process.exit(1);
  });
  // Where nobody reads what happens, it happens nevertheless.
  process.stderr.on('error', () => {});
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    interrupted: () => {
      if (stop) return stop.signal;
      const controller = new AbortController();
      stop = controller;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort(signal));
      return controller.signal;
    },
  };
}

/** All of stdin. */
export async function readStdin(io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
