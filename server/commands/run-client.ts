import { plain } from '../../base/text.ts';
import type { RunClient } from '../runs/client.ts';
import type { Channel } from './channel.ts';
import type { CommandScope } from './command.ts';

// A client with a huge window that stops reading would otherwise be buffered without end.
const MAX_BUFFERED = 1024 * 1024;

type Scope = Pick<CommandScope, 'channel' | 'left' | 'lineEnd' | 'terminal' | 'unreadMs'>;

/**
 * The client of a channel, for a command of its own. The command waits while the client does not read. A person may stop a
 * terminal for as long as they like (Ctrl-S), up to the time limit of the run; a pipe that nobody reads counts as left.
 *
 * What the command prints goes through as it is, past `plain()` and the prefixes of a deploy: these are bytes of the user's own command, for
 * a pipe (`run … -- pg_dump > file`) or for a terminal that its program draws on.
 */
export function runClient({ channel, left: gone, lineEnd, terminal, unreadMs }: Scope): RunClient {
  const { stdin, stderr, connection } = channel;
  const unread = new AbortController();
  const left = AbortSignal.any([gone, unread.signal]);
  const giveUp = () => {
    unread.abort();
    channel.close();
  };
  return {
    input: stdin,
    print: (stream, bytes) => {
      const isFree = channel[stream].write(bytes);
      if (isFree && connection.writableLength <= MAX_BUFFERED) return undefined;
      const full = isFree ? connection : channel[stream];
      return drained(full, left, terminal ? undefined : { unreadMs, giveUp });
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

interface Patience {
  readonly unreadMs: number;
  readonly giveUp: () => void;
}

/** @param patience unset: without an end */
async function drained(stream: Channel['connection'], left: AbortSignal, patience?: Patience): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const drain = () => resolve();
  stream.once('drain', drain);
  left.addEventListener('abort', drain, { once: true });
  if (left.aborted) drain();
  const timer = patience && setTimeout(patience.giveUp, patience.unreadMs);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    stream.off('drain', drain);
    left.removeEventListener('abort', drain);
  }
}
