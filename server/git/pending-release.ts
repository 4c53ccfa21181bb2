import { GitkubeError } from '../../base/errors.ts';
import { type ReleaseRecord, releaseTag } from './release.ts';
import { GitCommand } from './run.ts';

/**
 * The refs of a release that is still rolling out. The two git commands that write them are started while Kubernetes
 * works, and get their input when the outcome is known.
 */
export class PendingRelease implements Disposable {
  readonly #makeTag: GitCommand;
  readonly #updateRefs: GitCommand;

  /** @param repository the folder of the bare repository */
  constructor(repository: string) {
    this.#makeTag = new GitCommand(['mktag'], { cwd: repository });
    this.#updateRefs = new GitCommand(['update-ref', '--stdin'], { cwd: repository });
  }

  /**
   * Makes the tag and, unless git itself has moved it, moves the branch: in one transaction, all or nothing.
   * @param oldOid where the branch has to be now; `moved by git`: it is at the release already
   * @throws RefMoved when the branch is somewhere else, or the tag exists
   */
  async write(record: ReleaseRecord, oldOid: string | undefined | 'moved by git'): Promise<void> {
    const { branch, commit, release } = record;
    const tag = (await this.#makeTag.finish(releaseTag(record))).trim();
    const expected = oldOid ?? '0'.repeat(commit.length);
    const lines = [
      'start',
      oldOid === 'moved by git'
        ? `verify refs/heads/${branch} ${commit}`
        : `update refs/heads/${branch} ${commit} ${expected}`,
      `create refs/tags/releases/${release} ${tag}`,
      'prepare',
      'commit',
    ];
    await this.#updateRefs.finish(`${lines.join('\n')}\n`).catch((cause) => {
      if (cause instanceof GitkubeError && cause.reason === 'DiskFull') throw cause;
      throw new GitkubeError('RefMoved', 'the branch moved while this push was on its way', {
        hint: 'git fetch, look at what came in between, and push again',
        cause,
      });
    });
  }

  [Symbol.dispose](): void {
    this.#makeTag[Symbol.dispose]();
    this.#updateRefs[Symbol.dispose]();
  }
}
