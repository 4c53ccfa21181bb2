import type { Readable } from 'node:stream';

/** More than anybody types, or pipes into a command by mistake, and nothing that is felt. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads what a client sends to a command that takes no input, as far as it is little: a session ends only when all of it was
 * read. What comes after that is left unread, which ends an SSH connection (../ssh/buffer-guard.ts).
 */
export function readUnused(stdin: Pick<Readable, 'on' | 'pause'>, seen: (bytes: Buffer) => void = () => {}): void {
  let left = MAX_BYTES;
  stdin.on('data', (bytes: Buffer) => {
    seen(bytes);
    left -= bytes.length;
    if (left < 0) stdin.pause();
  });
}
