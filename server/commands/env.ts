import { table } from '../../base/table.ts';
import { count } from '../../base/text.ts';
import type { RemoteName } from '../access/remote-name.ts';
import { env as trigger } from '../deploys/triggers/env.ts';
import { EnvChange } from '../env/env-change.ts';
import type { ListedEnv } from '../gateways/env-gateway.ts';
import { answer } from './answer.ts';
import { type CommandScope, longestLine } from './command.ts';
import { namesIn, valuesIn } from './env-input.ts';
import { followDeploy } from './follow-deploy.ts';
import { fitted } from './for-terminal.ts';
import { json, textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn, type Words, wrong } from './words.ts';

const usage: Usage = {
  name: 'env',
  summary: 'lists, sets and unsets environment variables',
  example: 'set default/hello LOG_LEVEL=debug',
  takes: `[list | set | unset] ${oneRemote} [<NAME>=<value>… | <NAME>…]`,
  words: Number.POSITIVE_INFINITY,
  quoted: true,
  options: {
    '--dry-run': { about: 'checks everything, changes nothing' },
    '--json': { about: 'lists as a JSON object' },
  },
  about: [
    'Lists the names in the Secret or ConfigMap that spec.env of a Remote names, or changes it. A change is a release: pods',
    'that read it are replaced, and when they fail everything is as before. It goes on when you leave: output follows it.',
    'A value by stdin is in no history and in no list of processes: env set NAME=- < file, or env set with lines NAME=value.',
  ],
  aboutSsh: [
    'Spaces take quotes for your shell and for the server: "env set NAME=\'two words\'".',
    'The Remote can be left out when your key has exactly one.',
  ],
  exitCodes: {
    0: 'listed, or it runs with the change, or there was nothing to change',
    1: 'it failed, and everything is as before',
  },
};

const actions = ['list', 'set', 'unset'] as const;
type Action = (typeof actions)[number];

/** `ssh … env`: what pods read as environment variables. */
export const env = { ...textCommand(usage, listOrChange), maxLength: longestLine };

async function listOrChange(words: Words, scope: CommandScope): Promise<void> {
  const { action, remote, rest } = asked(words);
  if (action === 'list') return list(remote, words, scope);
  // Before stdin is read, and before there is a deploy.
  await scope.backend.env.requireOn(remote, scope.principal);
  const change =
    action === 'set'
      ? new EnvChange(await valuesIn(rest, usage, scope))
      : new EnvChange(new Map(), namesIn(rest, usage));
  const wish = { change, dryRun: words.options.has('--dry-run') };
  await followDeploy(await scope.backend.control.deploy(remote, trigger, wish, scope.principal), scope);
}

/** Action and Remote may be left out: a Remote has a slash, and no equals sign before it. @throws UsageInvalid */
function asked({ rest, options }: Words): { action: Action; remote: RemoteName | undefined; rest: readonly string[] } {
  const [first = 'list', ...others] = rest;
  const action = actions.find((one) => one === first);
  if (!action && !isRemote(first)) throw wrong(usage, 'env takes list, set or unset before anything else');
  const words = action ? others : rest;
  const [name, ...behind] = words;
  const hasRemote = name !== undefined && isRemote(name);
  const left = hasRemote ? behind : words;
  if ((action ?? 'list') === 'list' && left.length > 0) throw wrong(usage, 'env list takes a Remote and nothing else');
  if (action && action !== 'list' && options.has('--json')) throw wrong(usage, `env ${action} has no option --json`);
  return { action: action ?? 'list', remote: hasRemote ? remoteIn(name, usage) : undefined, rest: left };
}

function isRemote(word: string): boolean {
  return /^[^=]*\//.test(word);
}

async function list(remote: RemoteName | undefined, { options }: Words, scope: CommandScope): Promise<void> {
  const { principal, channel, lineEnd, backend } = scope;
  const listed = await backend.env.list(remote, principal);
  answer(channel, options.has('--json') ? [json(listed)] : fitted(lines(listed), scope), lineEnd);
}

function lines({ kind, name: object, env: all }: ListedEnv): string[] {
  if (all.length === 0) return [`${kind} ${object} is empty`];
  const rows = all.map(({ name, bytes, value }) => [name, value ?? `set, ${count(bytes, 'byte')}`]);
  return table(['NAME', 'VALUE'], rows);
}
