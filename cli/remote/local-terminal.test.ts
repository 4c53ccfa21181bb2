import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { Io } from '../io.ts';
import { openTerminal } from './local-terminal.ts';

/** A terminal, and each mode that it was given. */
function local(stdin: object = {}) {
  const modes: boolean[] = [];
  const setRawMode = (mode: boolean) => modes.push(mode);
  const io = {
    env: { TERM: 'xterm' },
    stdin: Object.assign(new PassThrough(), { isTTY: true, setRawMode, ...stdin }),
    stdout: Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 }),
  };
  return { modes, open: (wantsKeys: boolean) => openTerminal(io as unknown as Io, wantsKeys) };
}

it('leaves Ctrl-C to this program until the server takes keys, and again at the end', () => {
  const { modes, open } = local();
  {
    using terminal = open(true);
    expect(terminal?.facts.isRaw).toBe(true);
    expect(modes).toEqual([]);
    terminal?.takeKeys();
    expect(modes).toEqual([true]);
  }
  expect(modes).toEqual([true, false]);
});

it('changes no mode for a command that never began, or takes no keys, or has no terminal as its input', () => {
  const { modes, open } = local();
  const late = open(true);
  late?.[Symbol.dispose]();
  late?.takeKeys();
  const quiet = open(false);
  quiet?.takeKeys();
  quiet?.[Symbol.dispose]();
  const piped = local({ isTTY: false });
  piped.open(true)?.takeKeys();
  expect([...modes, ...piped.modes]).toEqual([]);
});
