import { PassThrough } from 'node:stream';
import type { Principal } from '../../access/principal.ts';
import type { Terminal } from '../../runs/client.ts';
import type { CommandScope } from '../command.ts';
import { textCommands } from '../index.ts';
import { runCommand } from '../run-command.ts';

/**
 * Runs a command line as a client that has shown its key.
 * @param backend what the command asks the server for
 * @param input what the client sends, to its end
 * @param terminal that the client has asked for; unset: none
 * @returns what the client reads
 */
export async function typeCommand(
  line: string,
  backend: object,
  lineEnd = '\n',
  input = Buffer.alloc(0),
  terminal?: Terminal,
  principal: Principal = { name: 'ada', fingerprint: 'mine' },
) {
  const out: string[] = [];
  const err: string[] = [];
  const codes: number[] = [];
  const keep = (lines: string[]) => (text: string | Buffer, written?: () => void) => {
    if (text.length > 0) lines.push(`${text}`);
    written?.();
    return true;
  };
  const channel = {
    stdin: new PassThrough(),
    stdout: { write: keep(out) },
    stderr: { write: keep(err) },
    connection: { writableNeedDrain: false },
    end: (code: number) => codes.push(code),
    close: () => {},
  };
  const scope = {
    terminal,
    ...{ channel, lineEnd, unreadMs: 1000 },
    backend: { urlForm: 'ssh://git@host:2222/<namespace>/<name>', ...backend },
    left: new AbortController().signal,
    principal,
  };
  const running = runCommand(textCommands, line, scope as unknown as CommandScope);
  channel.stdin.end(input);
  await running;
  return { out: out.join(''), err: err.join(''), code: codes[0] };
}
