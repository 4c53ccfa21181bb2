import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import { asShell, gitRemoteCommands } from '../../base/git-remote.ts';
import { releaseName, rollbackRef } from '../../base/release-name.ts';
import { plain } from '../../base/text.ts';
import type { CliContext } from '../context.ts';
import { remoteArgument, remoteId } from './id.ts';
import { getRemote } from './list.ts';
import { firstPlace, statusOf } from './status.ts';

interface Flags {
  readonly as: string;
  readonly print?: boolean;
}

export function addConnectCommand(remote: Command, context: CliContext): void {
  const command = remote
    .command('connect')
    .description(
      'add the Remote as a git remote to the repository in this folder; its releases become refs of that remote',
    )
    .argument('<remote>', remoteArgument)
    .addOption(new Option('--as <name>', 'its name in git').argParser(parseName).default('dev'))
    .option('--print', 'print the git commands, and change nothing')
    .action(async (text: string, flags: Flags) => {
      const admin = await context.connect(command);
      const { namespace, name } = remoteId(command, admin, text);
      const remote = await getRemote(admin, namespace, name);
      const { remoteUrl, remoteUrlDesc } = statusOf(remote);
      if (!remoteUrl) throw noUrl(`${namespace}/${name}`, remoteUrlDesc);
      await connect(context, flags, requireUrl(`${namespace}/${name}`, remoteUrl), firstPlace(remote));
    });
}

async function connect(
  { io }: CliContext,
  { as, print }: Flags,
  url: string,
  { branch, environment }: ReturnType<typeof firstPlace>,
): Promise<void> {
  const commands = gitRemoteCommands(as, url);
  if (print) {
    for (const command of commands) io.out(asShell(command));
    return;
  }
  await requireRepository();
  const known = await valuesOf(`remote.${as}.url`);
  if (known.length > 0 && !known.includes(url)) throw nameTaken(as, known[0] ?? '');
  const missing = await missingOf(commands, known.length > 0);
  for (const [, ...args] of missing) await git(args);
  io.out(missing.length > 0 ? `git remote ${as}: ${url}` : `git remote ${as} is there already: ${url}`);
  io.note(`deploy: git push ${asShell([as, plain(branch, 200)])}`);
  io.note(`what ran: git fetch ${as} && git show ${as}/${releaseName(1, environment)}`);
  io.note(`back to ${releaseName(1, environment)}: git push ${as} HEAD:${rollbackRef(1, environment)}`);
}

/** What an earlier call, or somebody by hand, has not done yet. */
async function missingOf(commands: readonly (readonly string[])[], isAdded: boolean) {
  const missing: (readonly string[])[] = [];
  for (const command of commands) {
    const [key = '', value = ''] = command.slice(-2);
    const isDone = command[1] === 'remote' ? isAdded : (await valuesOf(key)).includes(value);
    if (!isDone) missing.push(command);
  }
  return missing;
}

async function requireRepository(): Promise<void> {
  await git(['rev-parse', '--git-dir']).catch((cause) => {
    throw new GitkubeError('FileUnusable', `the folder ${process.cwd()} is not in a git repository`, {
      hint: 'change to a folder of the repository, or create one here: git init',
      cause,
    });
  });
}

async function valuesOf(key: string): Promise<readonly string[]> {
  const output = await promisify(execFile)('git', ['config', '--get-all', key]).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return output.split('\n').filter(Boolean);
}

async function git(args: readonly string[]): Promise<void> {
  await promisify(execFile)('git', [...args]).catch((cause: NodeJS.ErrnoException & { stderr?: string }) => {
    const missing = cause.code === 'ENOENT';
    const words = missing ? 'git is not installed' : plain((cause.stderr ?? cause.message).trim(), 300);
    throw new GitkubeError('FileUnusable', `git ${args[0]} failed: ${words}`, { cause });
  });
}

function parseName(text: string): string {
  if (/^[A-Za-z0-9][\w.-]*$/.test(text)) return text;
  throw new InvalidArgumentError('a git remote has letters, digits, - and _ in its name.');
}

/** The status of a Remote may hold anything: git must not take it for a flag, or for one of its helpers. @throws RemoteInvalid */
export function requireUrl(id: string, url: string): string {
  if (/^ssh:\/\/git@[\w.:[\]-]+\/[\w./-]+$/.test(url)) return url;
  throw new GitkubeError('RemoteInvalid', `the status of remote ${id} has no URL of Gitkube: ${plain(url, 200)}`, {
    hint: `to see who wrote it, type: kubectl -n ${id.split('/')[0]} get remote ${id.split('/')[1]} -o yaml --show-managed-fields`,
  });
}

function noUrl(id: string, why: string | undefined): GitkubeError {
  return new GitkubeError('RemoteInvalid', `remote ${id} has no URL: ${why || 'no server has looked at it'}`, {
    hint: `to see more, type: gitkube remote get ${id} -o wide`,
  });
}

function nameTaken(name: string, url: string): GitkubeError {
  return new GitkubeError('UsageInvalid', `the git remote ${name} is ${plain(url, 200)} already`, {
    hint: 'give it another name with --as',
  });
}
