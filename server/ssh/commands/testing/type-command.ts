import { EventEmitter } from 'node:events';
import type { CommandScope } from '../command.ts';
import { runCommand } from '../index.ts';

/**
 * Runs a command line as a client that has shown its key.
 * @param backend what the command asks the server for
 * @param input what the client sends, to its end
 * @returns what the client reads
 */
export async function typeCommand(line: string, backend: object, lineEnd = '\n', input = Buffer.alloc(0)) {
  const out: string[] = [];
  const err: string[] = [];
  const codes: number[] = [];
  const channel = Object.assign(new EventEmitter(), {
    write: (text: string) => out.push(text) > 0,
    stderr: {
      write: (text: string, written?: () => void) => {
        if (text !== '') err.push(text);
        written?.();
      },
    },
    exit: (code: number) => codes.push(code),
    end: () => {},
    pause: () => {},
  });
  const scope = {
    terminal: undefined,
    ...{ channel, lineEnd, unreadMs: 1000, socket: { writableLength: 0 } },
    backend: { urlForm: 'ssh://git@host:2222/<namespace>/<name>', ...backend },
    left: new AbortController().signal,
    principal: { name: 'ada', fingerprint: 'mine' },
  };
  const running = runCommand(line, scope as unknown as CommandScope);
  setImmediate(() => {
    channel.emit('data', input);
    channel.emit('end');
  });
  await running;
  return { out: out.join(''), err: err.join(''), code: codes[0] };
}
