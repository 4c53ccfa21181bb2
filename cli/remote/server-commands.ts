import { type Command, Option } from 'commander';
import { defaultFailCode, type Usage } from '../../server/commands/usage.ts';
import type { CliContext } from '../context.ts';
import { askServer, type Question, serverNamespaceOption } from './ask-server.ts';
import { environmentArgument, environmentId } from './id.ts';
import { lineOf, type ServerWord, serverWords, usageOf } from './server-words.ts';

/** What is typed behind `ssh` is typed here, too, and goes through the API server into the pod of the server. */
export function addServerCommands(remote: Command, context: CliContext): void {
  for (const word of serverWords) addServerCommand(remote, context, word);
}

function addServerCommand(remote: Command, context: CliContext, word: ServerWord): void {
  const { name, action, takes = {}, isForAll } = word;
  const usage = usageOf(name);
  const command = (action ? groupOf(remote, usage) : remote)
    .command(action?.name ?? name)
    .description(imperative(word.summary ?? usage.summary));
  if (!isForAll) command.argument('<remote>', environmentArgument);
  for (const [argument, about] of Object.entries(takes)) command.argument(argument, about);
  for (const option of serverOptions(usage, action?.options)) command.addOption(option);
  command
    .addOption(serverNamespaceOption())
    .addHelpText('after', () => `\n${explanation(usage).join('\n')}`)
    .action(async () => {
      context.failCode = usage.failCode ?? defaultFailCode;
      const options = typedOptions(command, usage);
      const typed = isForAll ? { remote: undefined, rest: [] } : await remoteAndRest(command, context);
      const line = lineOf(name, action?.name, { options, ...typed });
      const hasInput = word.hasInput?.(typed.rest) ?? false;
      await askServer(command, context, {
        line,
        usage,
        remote: typed.remote,
        hasInput,
        terminal: terminalFor(name, options),
      });
    });
}

/** For `run`, a terminal is one of what runs in the pod. */
function terminalFor(name: string, options: readonly string[]): Question['terminal'] {
  if (options.some((one) => ['-t', '-w', '--watch'].includes(one))) return 'keys';
  return name === 'run' ? 'nothing' : undefined;
}

async function remoteAndRest(command: Command, context: CliContext) {
  const [text = '', ...rest] = command.args;
  return { remote: environmentId(command, await context.connect(command), text), rest };
}

/** `gitkube remote env` */
function groupOf(remote: Command, { name, summary }: Usage): Command {
  return remote.commands.find((one) => one.name() === name) ?? remote.command(name).description(imperative(summary));
}

/** As the other commands of this program are described: show what runs. */
function imperative(summary: string): string {
  return summary.replace(/^(\w+)s\b/, '$1');
}

/** @param only some of them; unset: all */
function serverOptions({ options }: Usage, only: readonly string[] = Object.keys(options)): Option[] {
  return only.map((name) => {
    const { value, about = '' } = options[name] ?? {};
    return new Option(value === undefined ? name : `${name} ${value}`, about);
  });
}

/** Those of the server that were given, as it reads them. */
function typedOptions(command: Command, { options }: Usage): string[] {
  const given = command.opts<Record<string, string | boolean | undefined>>();
  return command.options.flatMap((option) => {
    const flag = option.long ?? option.short ?? '';
    if (!Object.hasOwn(options, flag)) return [];
    const value = given[option.attributeName()];
    if (option.negate) return value === false ? [flag] : [];
    if (value === undefined) return [];
    return value === true ? [flag] : [`${flag}=${value}`];
  });
}

function explanation({ about, exitCodes, failCode = defaultFailCode }: Usage): string[] {
  const codes = Object.entries({ [failCode]: 'the command itself fails', ...exitCodes });
  return [...about, '', 'Exit codes:', ...codes.map(([code, means]) => `  ${code.padEnd(3)}   ${means}`)];
}
