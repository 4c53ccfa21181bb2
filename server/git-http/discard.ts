import type { IncomingMessage } from 'node:http';

const maxBytes = 64 * 1024 ** 2;
const maxMs = 10_000;

/**
 * Reads what is left of a body, within limits. A client sends all of it before it reads, and of a connection that is closed
 * with something unread the answer is lost, too.
 * @returns whether that was all
 */
export function discard(request: IncomingMessage): Promise<boolean> {
  if (request.complete || request.destroyed) return Promise.resolve(true);
  return new Promise((resolve) => {
    let bytes = 0;
    const end = () => {
      clearTimeout(timer);
      request.off('data', count).off('end', end).off('close', end);
      resolve(request.complete || request.destroyed);
    };
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) end();
    };
    const timer = setTimeout(end, maxMs);
    request.on('data', count).on('end', end).on('close', end).resume();
  });
}
