/**
 * A program that runs a command of a server which prints 1 MB and ends with 7. On descriptor 3 it says when all of that has
 * come and it is free for something else.
 */
import { writeSync } from 'node:fs';
import type { Execution } from '../../../kube/index.ts';
import { frame } from '../../../server/socket/frames.ts';
import { processIo } from '../../io.ts';
import { runOnServer } from '../server-session.ts';

const line = `${'a'.repeat(1023)}\n`;
const { stdin: _, ...io } = processIo();
const parts = {
  ...io,
  request: { line: 'logs', user: 'ada' },
  stdin: undefined,
  terminal: undefined,
  where: 'pod gitkube/gitkube-0',
};

const { code } = await runOnServer(
  async (onOutput) => {
    const say = (kind: string, payload: string) => onOutput('stdout', frame(kind, payload));
    setImmediate(() => {
      say('H', '{"version":"1"}');
      for (let count = 0; count < 1024; count++) say('O', line);
      setImmediate(() => writeSync(3, 'free'));
      say('X', 'the end\n');
      say('C', '7');
    });
    return {
      ended: new Promise(() => {}),
      write: async () => {},
      pause: () => {},
      resume: () => {},
      [Symbol.dispose]: () => {},
    } as unknown as Execution;
  },
  parts,
  new AbortController().signal,
);
process.exitCode = code;
