import { quoteWord } from '../../base/shell-words.ts';
import { forPeople } from '../../server/commands/index.ts';
import type { Usage } from '../../server/commands/usage.ts';

/** A command of the server as this program has it, behind `gitkube remote`. */
export interface ServerWord {
  readonly name: string;
  /** One of several things that it does, as a command of its own: `env set`. */
  readonly action?: { readonly name: string; readonly options: readonly string[] };
  /** What it does, where the words of the server are for the owner of a key. */
  readonly summary?: string;
  /** It is about no Remote. */
  readonly isForAll?: true;
  /** What it takes behind the Remote, as commander writes it, and what that is. */
  readonly takes?: Readonly<Record<string, string>>;
  /** Whether stdin is its input; unset: it has none. @param rest what is behind the Remote */
  readonly hasInput?: (rest: readonly string[]) => boolean;
}

const id = 'of a deploy, as deploys lists them; left out: the ';

/** In the order of help. `releases` and `keys` are commands of this program (docs/adr/0012). */
export const serverWords: readonly ServerWord[] = [
  { name: 'status' },
  { name: 'logs' },
  {
    name: 'diff',
    takes: { '[a]': 'the number of a release; left out: what runs', '[b]': 'another one; left out: the last release' },
  },
  {
    name: 'run',
    takes: { '<container>': 'its name, or workload/name', '<command...>': 'what runs there, after --' },
    hasInput: () => true,
  },
  { name: 'deploys' },
  { name: 'output', takes: { '[id]': `${id}last one` } },
  { name: 'rollback', takes: { '[number]': 'of a release; left out: that of the version before the one that runs' } },
  { name: 'redeploy' },
  { name: 'restart' },
  { name: 'task', takes: { '<name>': 'of a task in spec.tasks' } },
  { name: 'env', action: { name: 'list', options: ['--json'] }, summary: 'lists environment variables' },
  {
    name: 'env',
    action: { name: 'set', options: ['--dry-run'] },
    summary: 'sets environment variables, which is a release',
    takes: { '[values...]': 'NAME=value, or NAME=- for all of stdin; left out: such lines on stdin' },
    hasInput: (values) => values.length === 0 || values.some((one) => one.endsWith('=-')),
  },
  {
    name: 'env',
    action: { name: 'unset', options: ['--dry-run'] },
    summary: 'unsets environment variables, which is a release',
    takes: { '<names...>': 'of the variables' },
  },
  { name: 'cancel', takes: { '[id]': `${id}running one, or the only one that waits` } },
  { name: 'lock', takes: { '<reason...>': 'for those who push' } },
  { name: 'unlock' },
  { name: 'whoami', summary: 'shows who you are to the server, and the Remotes that it serves', isForAll: true },
];

export function usageOf(name: string): Usage {
  const found = forPeople.find(({ usage }) => usage.name === name);
  if (!found) throw new TypeError(`the server has no command ${name}`);
  return found.usage;
}

export interface Typed {
  /** With their values: `--tail=5`. */
  readonly options: readonly string[];
  /** Undefined: the command is about none. */
  readonly remote: string | undefined;
  /** What is behind the Remote. */
  readonly rest: readonly string[];
}

/** The line that means this to the server. */
export function lineOf(name: string, action: string | undefined, { options, remote, rest }: Typed): string {
  const { quoted, behind } = usageOf(name);
  const about = [action, remote].filter((one) => one !== undefined);
  if (!behind) return [name, ...options, '--', ...about, ...(quoted ? rest.map(quoteWord) : rest)].join(' ');
  const [container = '', ...command] = rest;
  return [name, ...options, ...about, container, '--', ...command.map(quoteWord)].join(' ');
}
