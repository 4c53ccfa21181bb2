import type { Writable } from 'node:stream';
import { plain } from '../../base/text.ts';
import type { RunClient } from '../runs/client.ts';
import type { CommandScope } from './commands/command.ts';

// A client with a huge window that stops reading would otherwise be buffered without end.
const MAX_BUFFERED = 1024 * 1024;

type Scope = Pick<CommandScope, 'channel' | 'socket' | 'left' | 'lineEnd' | 'terminal'>;

/** The client of a channel, for a command of its own. It may leave unread what it likes: then the command waits, too. */
export function runClient({ channel, socket, left, lineEnd, terminal }: Scope): RunClient {
  const streams = { stdout: channel, stderr: channel.stderr as unknown as Writable };
  return {
    input: channel,
    print: (stream, bytes) => {
      const isFree = streams[stream].write(bytes);
      if (isFree && socket.writableLength <= MAX_BUFFERED) return undefined;
      return drained(isFree ? socket : streams[stream], left);
    },
    say: (line) => void streams.stderr.write(`gitkube: ${plain(line)}${lineEnd}`),
    terminal,
    left,
  };
}

/** Ends the session once all that was printed is with the client. */
export async function endRun({ channel, left }: Pick<Scope, 'channel' | 'left'>, code: number): Promise<void> {
  // The end of a channel waits for stdout alone.
  const { promise, resolve } = Promise.withResolvers<void>();
  (channel.stderr as unknown as Writable).write('', () => resolve());
  left.addEventListener('abort', () => resolve(), { once: true });
  if (!left.aborted) await promise;
  if (left.aborted) return void channel.close();
  channel.exit(code);
  channel.end();
}

async function drained(stream: Writable, left: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const drain = () => resolve();
  stream.once('drain', drain);
  left.addEventListener('abort', drain, { once: true });
  if (left.aborted) drain();
  try {
    await promise;
  } finally {
    stream.off('drain', drain);
    left.removeEventListener('abort', drain);
  }
}
