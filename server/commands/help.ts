import { table } from '../../base/table.ts';
import { answer } from './answer.ts';
import { type TextCommand, textCommand } from './text-command.ts';
import { unknownCommand } from './unknown.ts';
import { helpOf, type Usage } from './usage.ts';

const usage: Usage = {
  name: 'help',
  summary: 'lists the commands, or explains one',
  example: 'rollback',
  takes: '[<command>]',
  words: 1,
  options: {},
  about: ['Lists the commands, or explains one as its --help does.'],
  exitCodes: { 0: 'shown' },
};

/** `ssh … help` */
export function help(commands: readonly TextCommand[]): TextCommand {
  return textCommand(usage, async ({ rest: [name] }, { channel, lineEnd, backend }) => {
    const usages = [...commands.map((one) => one.usage), usage];
    if (name === undefined) return answer(channel, list(usages), lineEnd);
    const asked = usages.find((one) => one.name === name);
    if (!asked)
      throw unknownCommand(
        name,
        usages.map((one) => one.name),
      );
    answer(channel, helpOf(asked, backend.urlForm), lineEnd);
  });
}

function list(usages: readonly Usage[]): string[] {
  return [
    ...table(
      ['COMMAND', ''],
      usages.map(({ name, summary }) => [name, summary]),
    ).slice(1),
    '',
    '<command> --help explains one. git push, git fetch and git clone take the URL of a Remote.',
  ];
}
