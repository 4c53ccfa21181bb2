import { describe, expect, it } from 'vitest';
import { createContext } from './context.ts';
import { examplesOf } from './examples.ts';
import type { Io } from './io.ts';
import { createProgram, runProgram } from './program.ts';

/** What the command line prints that connects to nothing. */
async function typed(...args: string[]): Promise<{ code: number; output: string }> {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const io = { env: {}, interactive: false, out: print, note: print } as unknown as Io;
  const code = await runProgram(args, io);
  return { code, output: lines.join('\n') };
}

describe('an unknown command', () => {
  it.each([
    [['list'], 'hint: to list Remotes, type: gitkube remote list'],
    [['get', 'hello'], 'hint: to show one Remote, type: gitkube remote get'],
    [['logs'], 'hint: to print what the pods print, type: gitkube remote logs'],
    [['logs'], 'hint: to print what a push printed, type: gitkube remote output <remote>'],
    [['run'], 'hint: to run a command in a pod of its own, type: gitkube remote run'],
    [['rollback'], 'hint: or from a clone: git push <url> HEAD:refs/rollback/<number>'],
    [['status'], 'hint: to show what runs, type: gitkube remote status'],
    [['push'], 'hint: to deploy, type: git push <url> HEAD:refs/heads/main'],
    [['remote', 'apply'], 'hint: to change a Remote that is there, type: gitkube remote create -f <file>'],
  ])('%j says what to type', async (args, hint) => {
    const { code, output } = await typed(...args);
    expect(output).toContain(hint);
    expect(code).toBe(2);
  });

  it.each([
    [['remot', 'list'], 'hint: did you mean remote?'],
    [['remote', 'lst'], 'hint: did you mean list?'],
    [['remote', 'list', '--selektor=a'], 'hint: did you mean --selector?'],
  ])('%j that is nearly another one names it', async (args, hint) => {
    const { output } = await typed(...args);
    expect(output).toContain(hint);
  });

  it('that is a word of every object is unknown', async () => {
    expect((await typed('constructor')).output).toMatch(/^error: unknown command 'constructor'\n+hint: --help/);
  });
});

describe('help', () => {
  const program = createProgram(createContext({ env: {} } as unknown as Io));
  const leaves = program.commands.flatMap((one) => (one.commands.length === 0 ? [one] : one.commands));

  it('of each command begins with examples', () => {
    const without = leaves.flatMap((one) => (one.commands.length === 0 ? [one] : one.commands));
    expect(without.filter((one) => examplesOf(one).length === 0).map((one) => one.name())).toEqual([]);
  });

  it('shows them before everything else, and the exit codes', async () => {
    const { output, code } = await typed('--help');
    expect(output).toMatch(/^Examples:\n {2}gitkube install/);
    expect(output).toContain('Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.');
    expect(code).toBe(0);
  });
});
