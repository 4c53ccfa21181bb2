import { again } from '../../base/again.ts';
import { diskFull, GitkubeError } from '../../base/errors.ts';
import { duration, plain } from '../../base/text.ts';

/** How a git process ended that did not succeed: the cause of every GitFailed. Its message is what git said. */
export class GitEnd extends Error {
  /** Null: a signal ended it. */
  readonly code: number | null;

  constructor(code: number | null, words: string) {
    super(words);
    this.code = code;
  }
}

/** The exit code with which git itself ended; undefined when it was killed, could not be started, or had no room. */
export function exitCodeOf(error: unknown): number | undefined {
  const cause = error instanceof GitkubeError && error.reason === 'GitFailed' ? error.cause : undefined;
  return cause instanceof GitEnd ? (cause.code ?? undefined) : undefined;
}

/** What git said before it failed, line by line. */
export function wordsOf(error: unknown): readonly string[] {
  const cause = error instanceof GitkubeError ? error.cause : undefined;
  return cause instanceof GitEnd && cause.message !== '' ? cause.message.split('\n') : [];
}

export function gitFailed(
  args: readonly string[],
  cwd: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  stderr: string,
): GitkubeError {
  // What a person reads has no path of the server in it.
  const words = stderr.trim().replaceAll(`${cwd}/`, '').replaceAll('./', '');
  const cause = new GitEnd(code, words);
  if (/No space left on device|Disk quota exceeded/.test(words)) return diskFull(cause);
  const reason = words.split('\n').find((line) => /^(fatal|error): /.test(line));
  const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
  const message = `git ${args[0]} ${how}${reason ? `: ${plain(reason, 300)}` : ''}`;
  // The kernel, when memory runs out, or a person.
  const hint = code === null ? { hint: again } : {};
  return new GitkubeError('GitFailed', message, { ...hint, cause });
}

export function couldNotStart(args: readonly string[], cause: unknown): GitkubeError {
  return new GitkubeError('GitFailed', `git ${args[0]} could not be started`, { cause });
}

export function tooSlow(args: readonly string[], ms: number): GitkubeError {
  return new GitkubeError('GitFailed', `git ${args[0]} did not end within ${duration(ms)}`, {
    hint: 'check the disk with the repositories: it may hang',
  });
}
