import type { Logger } from '../../base/log.ts';
import { git } from './git-command.ts';
import {
  type History,
  keptRecords,
  makeHistory,
  numberIn,
  type Release,
  type ReleaseName,
  readRelease,
  readReleases,
  type UnreadableRelease,
} from './release.ts';
import { releaseRef, type Series, seriesOf } from './series.ts';

/** Of all release tags: some kilobytes for each, and nobody deletes them. */
const MAX_HISTORY = 256 * 1024 * 1024;

/**
 * The releases of one environment in a repository. Read once: nobody else writes them, and when somebody did, the next ref transaction fails
 * and they are read again. Of older ones only the names are kept, so that a repository with thousands takes little memory.
 */
export class ReleaseHistory {
  readonly #repository: string;
  readonly #environment: string;
  readonly #series: Series;
  readonly #log: Logger;
  #known: Promise<History> | undefined;

  constructor(repository: string, environment: string, log: Logger) {
    this.#repository = repository;
    this.#environment = environment;
    this.#series = seriesOf(environment);
    this.#log = log;
  }

  all(): Promise<History> {
    if (this.#known !== undefined) return this.#known;
    const reading = this.#read();
    this.#known = reading;
    reading.catch(() => {
      if (this.#known === reading) this.#known = undefined;
    });
    return reading;
  }

  /** The tags may be others than those that were read. */
  forget(): void {
    this.#known = undefined;
  }

  /** A release has been made. */
  follow({ releases, unreadable, names }: History, release: Release): void {
    const { number, commit } = release;
    this.#known = Promise.resolve({
      releases: [release, ...releases.slice(0, keptRecords - 1)],
      unreadable,
      names: [{ number, commit }, ...names],
      next: number + 1,
    });
  }

  /** One of them with its record, also where it is not kept; undefined: there is none of this number. */
  async find(number: number): Promise<Release | UnreadableRelease | undefined> {
    const { releases, unreadable, names } = await this.all();
    const known = [...releases, ...unreadable].find((release) => release.number === number);
    const name = names.find((release) => release.number === number);
    return known ?? (name && this.#readOne(name));
  }

  /** The newest ones with their records, read again. */
  async newest(max: number): Promise<(Release | UnreadableRelease)[]> {
    const tags = await this.#tags(['--sort=-version:refname', `--count=${max}`]);
    return readReleases(tags, this.#series);
  }

  /** The newest one of a commit that can be read. */
  async newestOf(commit: string): Promise<Release | undefined> {
    const { names } = await this.all();
    for (const { number } of names.filter((release) => release.commit === commit)) {
      const release = await this.find(number);
      if (release && 'record' in release) return release;
    }
    return undefined;
  }

  /** The numbers of the releases whose commit is this one or contains it. */
  async containing(commit: string): Promise<readonly number[]> {
    const { prefix } = this.#series;
    const args = ['for-each-ref', '--format=%(refname)', '--contains', commit, `refs/tags/${prefix}`];
    const output = await git(args, { cwd: this.#repository });
    return output.split('\n').flatMap((ref) => numberIn(ref, prefix) ?? []);
  }

  async #readOne(name: ReleaseName): Promise<Release | UnreadableRelease> {
    const args = ['for-each-ref', '--format=%(contents)', releaseRef(name.number, this.#environment)];
    return readRelease(name, await git(args, { cwd: this.#repository, maxBytes: MAX_HISTORY }));
  }

  async #read(): Promise<History> {
    const history = await makeHistory(await this.#tags(), this.#series);
    for (const { number, why } of history.unreadable) {
      this.#log.warn(
        { repository: this.#repository, release: number, why },
        'a release tag cannot be read and is skipped',
      );
    }
    return history;
  }

  /** Of each release tag: its full name, the commit it is of, its message. */
  async #tags(options: readonly string[] = []): Promise<string[][]> {
    const format = '%(refname)%00%(*objectname)%00%(contents)%00%00';
    const args = ['for-each-ref', ...options, `--format=${format}`, `refs/tags/${this.#series.prefix}*`];
    const output = await git(args, { cwd: this.#repository, maxBytes: MAX_HISTORY });
    return output.split('\0\0\n').map((entry) => entry.split('\0'));
  }
}
