import { plain } from '../../base/text.ts';
import type { RunClient } from '../runs/client.ts';
import type { CommandScope } from './command.ts';
import { PacedWriter } from './paced-writer.ts';

type Scope = Pick<CommandScope, 'channel' | 'left' | 'lineEnd' | 'terminal'>;

/**
 * The client of a channel, for a command of its own. The command waits while the client does not read, up to the time limit of the
 * run: a person stops a terminal (Ctrl-S), or reads a page of `less`, for as long as they like.
 *
 * What the command prints goes through as it is, past `plain()` and the prefixes of a deploy: these are bytes of the user's own command, for
 * a pipe (`run … -- pg_dump > file`) or for a terminal that its program draws on.
 */
export function runClient({ channel, left, lineEnd, terminal }: Scope): RunClient {
  const writer = new PacedWriter(channel, left);
  return {
    input: channel.stdin,
    print: (stream, bytes) => writer.write(channel[stream], bytes),
    say: (line) => void channel.stderr.write(`gitkube: ${plain(line)}${lineEnd}`),
    terminal,
    left: writer.left,
  };
}

/** Ends the session. */
export function endRun({ channel, left }: Pick<Scope, 'channel' | 'left'>, code: number): void {
  if (left.aborted) return void channel.close();
  channel.end(code);
}
