import { plain } from '../../base/text.ts';
import type { RunClient } from '../runs/client.ts';
import type { Channel } from './channel.ts';
import type { CommandScope } from './command.ts';

// A client with a huge window that stops reading would otherwise be buffered without end.
const MAX_BUFFERED = 1024 * 1024;

type Scope = Pick<CommandScope, 'channel' | 'left' | 'lineEnd' | 'terminal'>;

/** The client of a channel, for a command of its own. It may leave unread what it likes: then the command waits, too. */
export function runClient({ channel, left, lineEnd, terminal }: Scope): RunClient {
  const { stdin, stderr, connection } = channel;
  return {
    input: stdin,
    print: (stream, bytes) => {
      const isFree = channel[stream].write(bytes);
      if (isFree && connection.writableLength <= MAX_BUFFERED) return undefined;
      return drained(isFree ? connection : channel[stream], left);
    },
    say: (line) => void stderr.write(`gitkube: ${plain(line)}${lineEnd}`),
    terminal,
    left,
  };
}

/** Ends the session. */
export function endRun({ channel, left }: Pick<Scope, 'channel' | 'left'>, code: number): void {
  if (left.aborted) return void channel.close();
  channel.end(code);
}

async function drained(stream: Channel['connection'], left: AbortSignal): Promise<void> {
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
