import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import { releaseName } from '../../base/release-name.ts';
import { exitCodeOf, wordsOf } from './failure.ts';
import { GitCommand } from './git-command.ts';
import { refMoved } from './ref-moved.ts';
import { type ReleaseRecord, releaseTag } from './release.ts';
import { releaseRef } from './series.ts';
import { syncRefs } from './sync-refs.ts';

/**
 * The refs of a release that is still rolling out. The git commands that write them are started while Kubernetes works,
 * and get their input when the outcome is known.
 */
export class PendingRelease implements Disposable {
  readonly #repository: string;
  readonly #makeTag: GitCommand;
  readonly #writeTag: GitCommand;
  readonly #moveBranch: GitCommand;

  /** @param repository the folder of the bare repository */
  constructor(repository: string) {
    this.#repository = repository;
    this.#makeTag = new GitCommand(['mktag'], { cwd: repository });
    this.#writeTag = new GitCommand(['update-ref', '--stdin'], { cwd: repository });
    this.#moveBranch = new GitCommand(['update-ref', '--stdin'], { cwd: repository });
  }

  /**
   * Makes the tag and then, unless git itself has moved it, moves the branch. A transaction of git renames one ref after
   * the other and can be cut off between them, so there are two, in an order in which the tag decides: it is there, and
   * the release is completed; or it is not, and nothing has happened (settle-refs.ts).
   * @param oldOid where the branch has to be now; `moved by git`: it is at the release already
   * @throws RefMoved when the branch is somewhere else, or the tag exists
   */
  async write(record: ReleaseRecord, oldOid: string | undefined | 'moved by git'): Promise<void> {
    const { commit, release, environment } = record;
    const ref = releaseRef(release, environment);
    const branch = `refs/heads/${record.branch}`;
    const expected = oldOid === 'moved by git' ? commit : (oldOid ?? '0'.repeat(commit.length));
    const tag = (await this.#makeTag.finish(releaseTag(record))).trim();
    const lines = [`verify ${branch} ${expected}`, `create ${ref} ${tag}`];
    await this.#writeTag.finish(transaction(lines)).catch((error) => refuse(error, record));
    await syncRefs(this.#repository, [ref]);
    if (oldOid === 'moved by git') return;
    const move = transaction([`update ${branch} ${commit} ${expected}`]);
    await this.#moveBranch.finish(move).catch((error) => refuse(error, record));
    await syncRefs(this.#repository, [branch]);
  }

  [Symbol.dispose](): void {
    this.#makeTag[Symbol.dispose]();
    this.#writeTag[Symbol.dispose]();
    this.#moveBranch[Symbol.dispose]();
  }
}

/** The input of `git update-ref --stdin`: all of it, or nothing. */
export function transaction(lines: readonly string[]): string {
  return `${['start', ...lines, 'prepare', 'commit'].join('\n')}\n`;
}

/** Whether git found a ref somewhere else than it was expected: everything else that can fail says nothing about refs. */
export function isElsewhere(error: unknown): boolean {
  const words = wordsOf(error).join('\n');
  return exitCodeOf(error) === 128 && /but expected|reference already exists|unable to resolve reference/.test(words);
}

function refuse(cause: unknown, { branch, release, environment, how }: ReleaseRecord): never {
  const isPushed = how === 'push';
  if (!isElsewhere(cause)) throw cause;
  if (wordsOf(cause).some((line) => line.includes(`'${releaseRef(release, environment)}'`))) {
    throw new GitkubeError('RefMoved', `somebody else has created ${releaseName(release, environment)}`, {
      hint: again,
      cause,
    });
  }
  throw refMoved(branch, isPushed, cause);
}
