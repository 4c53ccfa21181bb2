import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface GitKill {
  /** Which of the refs of a release git writes. */
  readonly step: 'tag' | 'branch';
  /** `prepared`: the ref is locked and not written; `committed`: it is written, and git has not ended yet. */
  readonly at: 'prepared' | 'committed';
  /** Default: once. */
  readonly always?: boolean;
  /** The id of a process that is killed with it. */
  readonly server?: number;
}

const refs = { tag: ' refs/tags/releases/', branch: ' refs/heads/' };

/**
 * Has the git that writes a ref of this bare repository killed with SIGKILL, by its reference-transaction hook (githooks(5)):
 * as the kernel would at this moment, with the files that it has left by then.
 */
export async function killGit(repository: string, { step, at, always = false, server }: GitKill): Promise<void> {
  const hook = join(repository, 'hooks/reference-transaction');
  const lines = [
    '#!/bin/sh',
    `[ "$1" = ${at} ] || exit 0`,
    'refs=$(cat)',
    `echo "$refs" | grep -q '${refs[step]}' || exit 0`,
    // The transaction of the tag looks at the branch, too.
    ...(step === 'branch' ? [`echo "$refs" | grep -q '${refs.tag}' && exit 0`] : []),
    ...(always ? [] : ['mkdir "$0.killed" || exit 0']),
    ...(server === undefined ? [] : [`kill -9 ${server}`]),
    'kill -9 $PPID',
  ];
  await killNoGit(repository);
  await mkdir(join(repository, 'hooks'));
  await writeFile(hook, `${lines.join('\n')}\n`);
  await chmod(hook, 0o755);
}

export async function killNoGit(repository: string): Promise<void> {
  await rm(join(repository, 'hooks'), { recursive: true, force: true });
}
