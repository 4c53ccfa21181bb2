import type { Command, Option } from 'commander';
import { createContext } from '../cli/context.ts';
import { examplesOf, pathOf } from '../cli/examples.ts';
import type { Io } from '../cli/io.ts';
import { createProgram } from '../cli/program.ts';

/** docs/cli.md: every command with its arguments and flags, as the program's own command tree has them. */
export function cliDoc(): string {
  const program = createProgram(createContext(silentIo));
  return [
    '<!-- Generated from cli/ by scripts/generate.ts: change it there. -->',
    '# The command line',
    '',
    '`gitkube <command> [flags]`; with `kubectl-gitkube` in PATH, which npm makes beside `gitkube`, also `kubectl gitkube <command>`.',
    '',
    ...exitCodes,
    '',
    'Results go to stdout, everything else to stderr: an error says what is wrong after `error:`, and what to do after `hint:`.',
    'Questions are only asked on a terminal; without one a missing answer is a usage error that names its flag.',
    '',
    '## Flags of every command',
    ...flagTable(visible(program)),
    ...leaves(program).flatMap(section),
    '',
  ].join('\n');
}

const exitCodes = [
  '| exit code | means |',
  '|---|---|',
  '| 0 | done; for `doctor`: nothing failed, there may be warnings |',
  '| 1 | it failed; for `doctor`: something failed |',
  '| 2 | a usage error: nothing was changed |',
  '| 130 | interrupted with Ctrl-C |',
  '',
  'Commands that the server runs have [exit codes of their own](deploys.md#exit-codes).',
];

const silentIo = {
  env: {},
  interactive: false,
  out: () => {},
  note: () => {},
} as unknown as Io;

/** Commands that do something, in the order in which help shows them. */
function leaves(command: Command): Command[] {
  const below = command.createHelp().visibleCommands(command);
  return below.flatMap((one) => (one.name() === 'help' ? [] : one.commands.length > 0 ? leaves(one) : [one]));
}

function section(command: Command): string[] {
  const args = command.registeredArguments.map((one) => (one.required ? ` <${one.name()}>` : ` [${one.name()}]`));
  const about = command.registeredArguments.map((one) => `- \`<${one.name()}>\`: ${one.description}${choices(one)}`);
  return [
    '',
    `## ${pathOf(command)}${args.join('')}`,
    '',
    sentence(command.description()),
    ...shell(examplesOf(command)),
    ...(about.length === 0 ? [] : ['', ...about]),
    ...flagTable(visible(command)),
  ];
}

function shell(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', '```sh', ...lines, '```'];
}

function visible(command: Command): Option[] {
  const isOwn = ({ long }: Option) => long !== '--help' && long !== '--version';
  return command.createHelp().visibleOptions(command).filter(isOwn);
}

function flagTable(options: readonly Option[]): string[] {
  if (options.length === 0) return [];
  const rows = options.map(
    (option) => `| \`${cell(option.flags)}\` | ${cell(`${option.description}${extras(option)}`)} |`,
  );
  return ['', '| flag | means |', '|---|---|', ...rows];
}

function extras(option: Option): string {
  const fallback = option.defaultValueDescription ?? option.defaultValue;
  return `${choices(option)}${fallback === undefined ? '' : ` (default: ${fallback})`}`;
}

function choices({ argChoices }: { argChoices?: readonly string[] }): string {
  return argChoices ? `: ${argChoices.join(', ')}` : '';
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
