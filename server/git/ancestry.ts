import { exitCodeOf, wordsOf } from './failure.ts';
import { git } from './git-command.ts';

type Variables = Readonly<Record<string, string>>;

/** True when `ancestor` is `commit` or lies behind it. */
export function isAncestor(path: string, ancestor: string, commit: string, env: Variables): Promise<boolean> {
  return git(['merge-base', '--is-ancestor', ancestor, commit], { cwd: path, env }).then(
    () => true,
    (error) => {
      // 1 is the answer; a commit between them that is missing (a shallow clone) is one, too.
      if (exitCodeOf(error) === 1 || isMissing(error)) return false;
      throw error;
    },
  );
}

/** True when commits behind this one are missing: it comes from a shallow clone. */
export function isShallow(path: string, commit: string, env: Variables): Promise<boolean> {
  return git(['rev-list', '--quiet', commit, '--not', '--all'], { cwd: path, env }).then(
    () => false,
    (error) => {
      if (isMissing(error)) return true;
      throw error;
    },
  );
}

/** Whether git came to a commit that is not there. */
function isMissing(error: unknown): boolean {
  const words = wordsOf(error).join('\n');
  return exitCodeOf(error) === 128 && /Could not read|bad object|Not a valid|Failed to traverse|missing/.test(words);
}
