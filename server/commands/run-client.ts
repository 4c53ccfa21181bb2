import { plain } from '../../base/text.ts';
import type { RunClient } from '../runs/client.ts';
import type { CommandScope } from './command.ts';
import { PacedWriter } from './paced-writer.ts';

/** How long a client that has read nothing has for why its run was ended. */
const FAREWELL_MS = 5000;

type Scope = Pick<CommandScope, 'channel' | 'left' | 'lineEnd' | 'terminal' | 'unreadMs'>;

/**
 * The client of a channel, for a command of its own. The command waits while the client does not read. A person may stop a
 * terminal for as long as they like (Ctrl-S), up to the time limit of the run; a pipe that nobody reads counts as left.
 *
 * What the command prints goes through as it is, past `plain()` and the prefixes of a deploy: these are bytes of the user's own command, for
 * a pipe (`run … -- pg_dump > file`) or for a terminal that its program draws on.
 */
export function runClient({ channel, left, lineEnd, terminal, unreadMs }: Scope): RunClient {
  const writer = new PacedWriter(channel, left, terminal ? undefined : unreadMs);
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

/** Ends a session whose client reads nothing: who does not read that either has to go all the same. */
export function giveUpRun(scope: Pick<Scope, 'channel' | 'left'>, client: Pick<RunClient, 'say'>, code: number): void {
  client.say('ended: its output was not read');
  endRun(scope, code);
  setTimeout(() => scope.channel.close(), FAREWELL_MS).unref();
}
