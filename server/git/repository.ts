import { readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import type { SourceTree } from '../../builder/index.ts';
import { parseRelease, type Release, type ReleaseRecord, releaseTag } from './release.ts';
import { git } from './run.ts';
import { sourceTree } from './source-tree.ts';

type Variables = Readonly<Record<string, string>>;

/** One Remote's bare repository: its branch is what runs, its tags `releases/N` are the history. */
export class Repository {
  /** Absolute. */
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** The commit of a branch, or undefined. */
  async branchHead(branch: string): Promise<string | undefined> {
    return (await this.#refs(`refs/heads/${branch}`))[0]?.oid;
  }

  async branches(): Promise<string[]> {
    return (await this.#refs('refs/heads/')).map(({ ref }) => ref.slice('refs/heads/'.length));
  }

  /** True when `ancestor` is `commit` or lies behind it. */
  async isAncestor(ancestor: string, commit: string, quarantine: Variables): Promise<boolean> {
    const options = { cwd: this.path, env: quarantine };
    return git(['merge-base', '--is-ancestor', ancestor, commit], options).then(
      () => true,
      () => false,
    );
  }

  /** Whether an object is a commit; a branch may not point at anything else. */
  async isCommit(oid: string, quarantine: Variables): Promise<boolean> {
    const type = await git(['cat-file', '-t', oid], { cwd: this.path, env: quarantine });
    return type.trim() === 'commit';
  }

  /** True when commits behind this one are missing: it comes from a shallow clone. */
  async isShallow(commit: string, quarantine: Variables): Promise<boolean> {
    const options = { cwd: this.path, env: quarantine };
    return git(['rev-list', '--quiet', commit, '--not', '--all'], options).then(
      () => false,
      () => true,
    );
  }

  source(commit: string, quarantine: Variables): Promise<SourceTree> {
    this.#checkQuarantine(quarantine);
    return sourceTree(this.path, commit, quarantine);
  }

  /** All releases, newest first. Tags that are not ours are passed over. */
  async releases(): Promise<Release[]> {
    const format = '%(refname)%00%(*objectname)%00%(contents)%00%00';
    const output = await git(['for-each-ref', `--format=${format}`, 'refs/tags/releases/'], { cwd: this.path });
    return output
      .split('\0\0\n')
      .flatMap((entry) => parseRelease(entry.split('\0')) ?? [])
      .sort((a, b) => b.number - a.number);
  }

  /**
   * Moves the branch and makes the release tag in one ref transaction: afterwards both are there or neither.
   * @throws RefMoved when the branch is no longer at `oldOid`
   */
  async commitRelease(oldOid: string | undefined, record: ReleaseRecord): Promise<void> {
    const { branch, commit } = record;
    const move = `update refs/heads/${branch} ${commit} ${oldOid ?? '0'.repeat(commit.length)}`;
    await this.#transaction([move, await this.#createTag(record)]);
    await this.#pointHead(branch);
  }

  /** The tag alone, for a branch that git itself has moved. */
  async tagRelease(record: ReleaseRecord): Promise<void> {
    await this.#transaction([await this.#createTag(record)]);
    await this.#pointHead(record.branch);
  }

  /** Keeps a commit that was built and not deployed. */
  async keepBuilt(branch: string, commit: string): Promise<void> {
    await this.#transaction([`update refs/builds/${branch} ${commit}`]);
  }

  /** The branch that HEAD names: the deploy branch of a Remote that sets none. */
  async headBranch(): Promise<string> {
    const head = await readFile(join(this.path, 'HEAD'), 'utf8');
    return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? 'main';
  }

  async #createTag(record: ReleaseRecord): Promise<string> {
    const tag = await git(['mktag'], { cwd: this.path, input: releaseTag(record) });
    return `create refs/tags/releases/${record.release} ${tag.trim()}`;
  }

  /** HEAD names the deploy branch, so that `git clone` of the remote checks it out. */
  async #pointHead(branch: string): Promise<void> {
    await git(['symbolic-ref', 'HEAD', `refs/heads/${branch}`], { cwd: this.path });
  }

  async #refs(pattern: string): Promise<{ ref: string; oid: string }[]> {
    const output = await git(['for-each-ref', '--format=%(objectname) %(refname)', pattern], { cwd: this.path });
    return output
      .split('\n')
      .filter(Boolean)
      .map((line) => ({ oid: line.slice(0, line.indexOf(' ')), ref: line.slice(line.indexOf(' ') + 1) }));
  }

  async #transaction(lines: readonly string[]): Promise<void> {
    const input = `${['start', ...lines, 'prepare', 'commit'].join('\n')}\n`;
    try {
      await git(['update-ref', '--stdin'], { cwd: this.path, input });
    } catch (cause) {
      throw new GitkubeError('RefMoved', 'the branch moved while this push was on its way', {
        hint: 'git fetch, look at what came in between, and push again',
        cause,
      });
    }
  }

  /** The variables come from our own hook; the check costs nothing and keeps a mistake from reading elsewhere. */
  #checkQuarantine(quarantine: Variables): void {
    const paths = Object.values(quarantine).flatMap((value) => value.split(':'));
    const inside = (path: string) => `${resolve(this.path, path)}${sep}`.startsWith(`${this.path}${sep}`);
    if (!paths.every(inside)) throw new GitkubeError('GitFailed', 'the quarantine lies outside the repository');
  }
}
