import { describe, expect, it } from 'vitest';
import { textCommands } from './index.ts';
import { typeCommand } from './testing/type-command.ts';
import type { TextCommand } from './text-command.ts';

const forPeople = textCommands.filter((one): one is TextCommand => 'usage' in one);
const names = forPeople.map(({ usage }) => usage.name);

describe('help', () => {
  it('lists each command with one line', async () => {
    const { out, code } = await typeCommand('help', {});
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual(expect.arrayContaining(names));
    expect(code).toBe(0);
  });

  it.each(names)('%s --help and help of it print the same, an example that can be typed first', async (name) => {
    const { out, code } = await typeCommand(`${name} --help`, {});
    expect(out).toMatch(new RegExp(`^Example: ssh -p 2222 git@host ${name}\\b.*\nUsage: {3}${name}\\b.*\n\n`));
    expect(out).toMatch(
      /\n\nExit codes:\n {2}0 .*\n(?: {2}\d+ .*\n)* {2}(?:2|125) {3}the command itself fails\n(?: {2}\d+ .*\n)?$/,
    );
    expect(out.split('\n').filter((line) => line.length > 120)).toEqual([]);
    expect(code).toBe(0);
    expect((await typeCommand(`help ${name}`, {})).out).toBe(out);
  });

  it.each(forPeople)(
    'the example of $usage.name is a command line that it takes',
    async ({ usage: { name, example } }) => {
      const { err } = await typeCommand(`${name} --help ${example}`, {});
      expect(err).toBe('');
    },
  );

  it('shows placeholders as long as nobody knows the address', async () => {
    const { out } = await typeCommand('status --help', { urlForm: 'ssh://git@<host>:<port>/<namespace>/<name>' });
    expect(out).toMatch(/^Example: ssh -p <port> git@<host> status default\/hello\n/);
  });
});

describe('a slip of a command', () => {
  it.each([
    ['statsu', 'status'],
    ['statsu default/hello --json', 'status'],
    ['release', 'releases'],
    ['rolback 7', 'rollback'],
    ['hlep', 'help'],
    ['help canecl', 'cancel'],
  ])('%s is refused with the nearest one', async (line, near) => {
    const { err, code } = await typeCommand(line, {});
    expect(err).toMatch(new RegExp(`^gitkube: unknown command: .*\nhint: did you mean ${near}\\?\n`));
    expect(code).toBe(127);
  });

  it.each(['ls', 'sh -c status', ''])('%j has no nearest one', async (line) => {
    const { err } = await typeCommand(line, {});
    expect(err).toMatch(
      /^gitkube: unknown command: .*\nhint: Gitkube takes git push.*\nhint: to list the commands, type: ssh -p 2222 git@host help\n$/,
    );
  });

  it('in an option is refused with the nearest option', async () => {
    const { err, code } = await typeCommand('status --josn', {});
    expect(err).toBe(
      'gitkube: status has no option --josn\nhint: did you mean --json?\nhint: to see what it takes, type: ssh -p 2222 git@host status --help\n',
    );
    expect(code).toBe(2);
  });
});
