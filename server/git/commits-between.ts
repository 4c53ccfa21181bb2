import { git } from './git-command.ts';

/** What one commit has and another one has not. */
export interface CommitsBetween {
  /** The newest first, at most as many as were asked for. */
  readonly list: readonly { readonly commit: string; readonly subject: string }[];
  readonly total: number;
}

/**
 * The commits behind `to` that are not behind `from`, as `git log from..to`.
 * @throws GitFailed where commits are missing: they came from a shallow clone
 */
export async function commitsBetween(path: string, from: string, to: string, max: number): Promise<CommitsBetween> {
  const range = `${from}..${to}`;
  const [log, total] = await Promise.all([
    git(['log', `--max-count=${max}`, '--format=%H %s', range, '--'], { cwd: path }),
    git(['rev-list', '--count', range, '--'], { cwd: path }),
  ]);
  const list = log
    .split('\n')
    .filter(Boolean)
    .map((line) => ({ commit: line.split(' ', 1)[0] ?? '', subject: line.slice(line.indexOf(' ') + 1) }));
  return { list, total: Number(total) };
}
