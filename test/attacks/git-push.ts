import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finished, must, run } from '../support/command.ts';
import type { Victim } from './victim.ts';

export interface Entry {
  /** Of its Git tree: `100644`, `120000` for a symlink. */
  readonly mode?: string;
  readonly path: string;
  readonly content: string | Buffer;
}

const who = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };

/** `git push` by SSH, of whatever is named. */
export function push(victim: Victim, ...args: string[]): Promise<Finished> {
  const ssh = `ssh -F none -i ${victim.keyFile} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
  const url = `ssh://git@127.0.0.1:${victim.sshPort}${victim.path}`;
  return run('git', ['-C', victim.folder, 'push', '-f', url, ...args], { env: { ...who, GIT_SSH_COMMAND: ssh } });
}

/** On top of main, with these files changed; the working copy stays as it is. @returns the id of the commit */
export async function commitOf(victim: Victim, entries: readonly Entry[], message = 'an attack'): Promise<string> {
  const index = join(victim.folder, '.git', 'attack-index');
  const git = (args: string[], input?: string) =>
    must('git', ['-C', victim.folder, ...args], {
      env: { ...who, GIT_INDEX_FILE: index },
      ...(input !== undefined && { input }),
    });
  await git(['read-tree', victim.main]);
  for (const { mode = '100644', path, content } of entries) {
    const oid = (await git(['hash-object', '-w', '--stdin'], content.toString('utf8'))).trim();
    await git(['update-index', '--add', '--cacheinfo', `${mode},${oid},${path}`]);
  }
  const tree = (await git(['write-tree'])).trim();
  await rm(index);
  return commitTree(victim, tree, message);
}

/** @returns the id of the commit of a tree */
export async function commitTree(victim: Victim, tree: string, message = 'an attack'): Promise<string> {
  const args = ['commit-tree', '-p', victim.main, '-F', '-', tree];
  return (await must('git', ['-C', victim.folder, ...args], { env: who, input: message })).trim();
}

/** An object that no check of this git has seen. @returns its id */
export async function rawObject({ folder }: Victim, type: string, hex: string): Promise<string> {
  const script = `printf %s "$1" | sed 's/../\\\\x&/g' | xargs -0 printf %b | git hash-object -t "$2" -w --literally --stdin`;
  return (await must('bash', ['-c', script, 'bash', hex, type], { cwd: folder, env: who })).trim();
}
