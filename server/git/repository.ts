import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import { type Logger, silentLogger } from '../../base/log.ts';
import type { RefCommand } from '../../hooks/commands.ts';
import { isAncestor, isShallow } from './ancestry.ts';
import { saveBuildRef } from './build-ref.ts';
import type { DiskUse } from './disk-use.ts';
import { git } from './git-command.ts';
import { ifMissing } from './missing.ts';
import { PendingRelease } from './pending-release.ts';
import type { History, Release, ReleaseRecord, UnreadableRelease } from './release.ts';
import { ReleaseHistory } from './release-history.ts';
import { environmentsIn, makeFolder, seriesOf } from './series.ts';
import { type Shared, startShared } from './shared-repository.ts';
import { CommitSource } from './source-tree.ts';
import { sweepLocks, sweepQuarantines, sweepTurnLocks } from './stale-files.ts';
import { tryBranch, validateRefUpdates } from './validate-refs.ts';

type Variables = Readonly<Record<string, string>>;

const never = new AbortController().signal;

/** Holds the uid of the Remote that the repository belongs to. */
const OWNER = 'gitkube-remote-uid';

/** One Remote's bare repository, as one of its environments sees it (series.ts): its tags are the history of what runs. */
export class Repository {
  /** Absolute. */
  readonly path: string;
  /** Empty: the one that each Remote has. */
  readonly environment: string;
  /** Of its journal, and of the notes of its pushes. */
  readonly folder: string;
  readonly diskUse: DiskUse;
  readonly #log: Logger;
  readonly #shared: Shared<Repository>;
  readonly #history: ReleaseHistory;

  constructor(path: string, log: Logger = silentLogger, environment = '', shared?: Shared<Repository>) {
    this.path = resolve(path);
    this.environment = environment;
    this.folder = seriesOf(environment).folder(this.path);
    this.#log = log;
    this.#shared = shared ?? startShared(this.path);
    this.diskUse = this.#shared.diskUse;
    this.#shared.views.set(environment, this);
    this.#history = new ReleaseHistory(this.path, environment, log);
  }

  /** The same repository as another environment sees it, with a folder for that. */
  async of(environment: string): Promise<Repository> {
    await makeFolder(this.path, environment);
    const { views } = this.#shared;
    return views.get(environment) ?? new Repository(this.path, this.#log, environment, this.#shared);
  }

  /** As each environment sees it that something was ever deployed to; first the one without a name. */
  async views(): Promise<readonly Repository[]> {
    return Promise.all(['', ...(await environmentsIn(this.path))].map((name) => this.of(name)));
  }

  /** Does what writes refs, or deletes what a git that was killed has left: for one environment at a time. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.#shared.writes.acquire(never);
    return work().finally(leave);
  }

  /** The uid of its Remote; undefined: of whichever Remote uses it next. */
  get owner(): string | undefined {
    return this.#shared.owner;
  }

  /** Whether the file system takes names that differ in upper and lower case for one, as git found when it was made. */
  get foldsCase(): boolean {
    return this.#shared.foldsCase;
  }

  /** Reads what is known of it once it is open. */
  async readFacts(): Promise<void> {
    const read = (name: string) => readFile(join(this.path, name), 'utf8').catch(ifMissing(''));
    const [owner, config] = await Promise.all([read(OWNER), read('config')]);
    this.#shared.owner = owner.trim() || undefined;
    this.#shared.foldsCase = /^\s*ignorecase = true$/m.test(config);
  }

  async setOwner(uid: string): Promise<void> {
    await writeFile(join(this.path, OWNER), `${uid}\n`, { mode: 0o600 });
    this.#shared.owner = uid;
  }

  beginReceive(): void {
    this.#shared.receiving++;
  }

  /** Called when a receive-pack has ended, however it ended. */
  endReceive(): void {
    this.#shared.receiving--;
    void this.sweepQuarantine().catch(() => {});
  }

  async sweepQuarantine(): Promise<void> {
    if (this.#shared.receiving === 0) await sweepQuarantines(this.path);
  }

  /**
   * Deletes the locks that a git that was killed has left, as far as no other may hold them. Call it only while the turn of
   * the environment is held, and before git writes a ref of it.
   * @param own how many receive-packs belong to the holder of the turn
   */
  async sweepTurn(own: 0 | 1): Promise<void> {
    await this.alone(() => this.#sweepTurn(own));
  }

  async #sweepTurn(own: 0 | 1): Promise<void> {
    await (this.#shared.receiving <= own ? sweepLocks(this.path) : sweepTurnLocks(this.path));
  }

  /** @throws RefRefused (validate-refs.ts) */
  async validateRefUpdates(commands: readonly RefCommand[], quarantine: Variables): Promise<void> {
    await validateRefUpdates(this.path, commands, quarantine);
  }

  /** @throws RefRefused (validate-refs.ts) */
  async tryBranch(command: RefCommand, quarantine: Variables): Promise<void> {
    await tryBranch(this, command, quarantine);
  }

  /** The commits of all branches, by name without `refs/heads/`. */
  async heads(): Promise<ReadonlyMap<string, string>> {
    const format = '--format=%(refname:lstrip=2) %(objectname)';
    const output = await git(['for-each-ref', format, 'refs/heads/'], { cwd: this.path });
    const lines = output.split('\n').filter(Boolean);
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
  }

  /** True when `ancestor` is `commit` or lies behind it. */
  isAncestor(ancestor: string, commit: string, quarantine: Variables): Promise<boolean> {
    return isAncestor(this.path, ancestor, commit, quarantine);
  }

  /** True when commits behind this one are missing: it comes from a shallow clone. */
  isShallow(commit: string, quarantine: Variables): Promise<boolean> {
    return isShallow(this.path, commit, quarantine);
  }

  /** A commit's files; undefined when the object is no commit. @param signal ends whatever git reads for it */
  source(commit: string, quarantine: Variables, signal?: AbortSignal): Promise<CommitSource | undefined> {
    this.#checkQuarantine(quarantine);
    return CommitSource.open(this.path, commit, quarantine, signal);
  }

  /** The newest releases that can be read, newest first. */
  async releases(): Promise<readonly Release[]> {
    return (await this.history()).releases;
  }

  history(): Promise<History> {
    return this.#history.all();
  }

  /** The newest ones, also those whose records are not kept in memory, newest first. */
  newestReleases(max: number): Promise<(Release | UnreadableRelease)[]> {
    return this.#history.newest(max);
  }

  /** One of all releases; undefined: there is none of this number. */
  release(number: number): Promise<Release | UnreadableRelease | undefined> {
    return this.#history.find(number);
  }

  /** The newest release of a commit that can be read. */
  newestReleaseOf(commit: string): Promise<Release | undefined> {
    return this.#history.newestOf(commit);
  }

  /** The tags may be others than those that were read. */
  forgetHistory(): void {
    this.#history.forget();
  }

  /** The numbers of the releases whose commit is this one or contains it. */
  releasesContaining(commit: string): Promise<readonly number[]> {
    return this.#history.containing(commit);
  }

  /** Deletes a branch that is where the pusher believes. */
  async deleteBranch({ ref, oldOid }: RefCommand): Promise<void> {
    await this.alone(() => git(['update-ref', '-d', ref, oldOid], { cwd: this.path }));
  }

  /** Deletes a ref wherever it is, and if it is there at all. */
  async dropRef(ref: string): Promise<void> {
    await this.alone(() => git(['update-ref', '-d', ref], { cwd: this.path }));
  }

  /** What will write the refs of a release. */
  beginRelease(): PendingRelease {
    return new PendingRelease(this.path);
  }

  /**
   * Makes the release tag and moves the branch. When it fails, one of them may be written: `settleRefs` is to be called.
   * @param oldOid where the branch has to be now; `moved by git`: only the tag is missing
   * @throws RefMoved when the branch is somewhere else
   */
  async commitRelease(
    pending: PendingRelease,
    record: ReleaseRecord,
    oldOid: string | undefined | 'moved by git',
  ): Promise<Release> {
    const earlier = await this.history();
    try {
      // Before the refs: what fails behind them would be a failure of a release that is true.
      await this.alone(async () => {
        await this.#pointHead(record.branch);
        await pending.write(record, oldOid);
      });
    } catch (error) {
      this.forgetHistory();
      throw error;
    }
    const release = { number: record.release, commit: record.commit, record };
    this.#history.follow(earlier, release);
    return release;
  }

  /** Keeps a commit that was built and not deployed. */
  saveBuildRef(branch: string, commit: string): Promise<void> {
    return this.alone(() => saveBuildRef(this.path, branch, commit));
  }

  /** The branch that HEAD names: the deploy branch of a Remote that sets none. */
  async headBranch(): Promise<string> {
    const head = await readFile(join(this.path, 'HEAD'), 'utf8');
    return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1] ?? 'main';
  }

  /** HEAD names the deploy branch of the Remote itself, so that `git clone` of the remote checks it out. */
  async #pointHead(branch: string): Promise<void> {
    const now = await this.headBranch();
    if (now === branch) return;
    // That of an environment is better than none.
    if (this.environment !== '' && (await this.heads()).has(now)) return;
    await git(['symbolic-ref', 'HEAD', `refs/heads/${branch}`], { cwd: this.path });
  }

  /** The variables come from our own hook; the check costs nothing and keeps a mistake from reading elsewhere. */
  #checkQuarantine(quarantine: Variables): void {
    const paths = Object.values(quarantine).flatMap((value) => value.split(':'));
    const inside = (path: string) => `${resolve(this.path, path)}${sep}`.startsWith(`${this.path}${sep}`);
    if (!paths.every(inside)) throw new GitkubeError('GitFailed', 'the quarantine lies outside the repository');
  }
}
