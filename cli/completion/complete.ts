import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** What only the cluster or the kubeconfig knows. */
export type Source = 'contexts' | 'namespaces' | 'remotes' | 'keys';

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names of files are as good. */
  readonly files: boolean;
  /** Where more candidates come from, to be put behind `prefix`. */
  readonly source?: Source;
  readonly prefix: string;
  /** Words that are no flags, behind those that name the command. */
  readonly positional: readonly string[];
}

/** What may stand in the place of the last word, by the command tree. @param words behind the program's name */
export function complete(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? '';
  const { command, positional, pending } = walk(program, words.slice(0, -1));
  const done = (completion: Partial<Completion>): Completion => ({
    candidates: [],
    files: false,
    prefix: '',
    ...completion,
    positional,
  });
  if (pending) return done(ofValue(pending, '', current));
  const [flag = '', ...rest] = current.split('=');
  if (current.startsWith('--') && rest.length > 0) {
    const option = findOption(command, flag);
    return done(option ? ofValue(option, `${flag}=`, current) : {});
  }
  if (current.startsWith('-')) return done({ candidates: startingWith(flags(command), current) });
  const subcommands = command.createHelp().visibleCommands(command);
  if (subcommands.length > 0 && positional.length === 0) {
    const candidates = subcommands.map((one) => ({ value: one.name(), about: one.description() }));
    return done({ candidates: startingWith(candidates, current) });
  }
  const argument = command.registeredArguments[positional.length];
  return done(argument ? ofArgument(command, argument, current) : {});
}

interface Walk {
  readonly command: Command;
  readonly positional: string[];
  /** An option whose value comes next. */
  readonly pending: Option | undefined;
}

function walk(program: Command, words: readonly string[]): Walk {
  let command = program;
  let pending: Option | undefined;
  const positional: string[] = [];
  for (const word of words) {
    if (pending) {
      pending = undefined;
      continue;
    }
    if (word.startsWith('-') && word !== '-') {
      const option = findOption(command, word);
      pending = option?.required ? option : undefined;
      continue;
    }
    const next = positional.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (next) command = next;
    else positional.push(word);
  }
  return { command, positional, pending };
}

const sources: Readonly<Record<string, Source>> = {
  '--context': 'contexts',
  '--kube-context': 'contexts',
  '--namespace': 'namespaces',
  '--server-namespace': 'namespaces',
  '--remote': 'remotes',
};

function ofValue(option: Option, prefix: string, current: string): Partial<Completion> {
  if (option.argChoices) {
    const candidates = option.argChoices.map((value) => ({ value: `${prefix}${value}`, about: '' }));
    return { candidates: startingWith(candidates, current) };
  }
  const source = sources[option.long ?? ''];
  if (source) return { source, prefix };
  return { files: /<(?:file|folder)>/.test(option.flags) };
}

function ofArgument(command: Command, argument: Argument, current: string): Partial<Completion> {
  if (argument.argChoices) {
    const candidates = argument.argChoices.map((value) => ({ value, about: '' }));
    return { candidates: startingWith(candidates, current) };
  }
  if (argument.name() === 'key') return command.name() === 'remove' ? { source: 'keys' } : { files: true };
  return argument.name() === 'name' || argument.name() === 'remote' ? { source: 'remotes' } : {};
}

/** Those of the command, and the global ones. */
function flags(command: Command): Candidate[] {
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  return options.flatMap(({ long, short, description }) => {
    const value = long ?? short;
    return value === undefined ? [] : [{ value, about: description }];
  });
}

function findOption(command: Command, word: string): Option | undefined {
  const name = word.split('=')[0];
  for (let at: Command | null = command; at; at = at.parent) {
    const found = at.options.find(({ long, short }) => long === name || short === name);
    if (found) return found;
  }
  return undefined;
}

export function startingWith(candidates: readonly Candidate[], current: string): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(current));
}
