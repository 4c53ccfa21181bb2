import type { Logger } from '../../base/log.ts';
import { git } from './git-command.ts';
import { type History, makeHistory, type Release } from './release.ts';

/** Of all release tags: some kilobytes for each, and nobody deletes them. */
const MAX_HISTORY = 256 * 1024 * 1024;

/**
 * The releases of one repository. Read once: nobody else writes them, and when somebody did, the next ref transaction fails
 * and they are read again.
 */
export class ReleaseHistory {
  readonly #repository: string;
  readonly #log: Logger;
  #known: Promise<History> | undefined;

  constructor(repository: string, log: Logger) {
    this.#repository = repository;
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
  follow({ releases, unreadable }: History, release: Release): void {
    this.#known = Promise.resolve({ releases: [release, ...releases], unreadable, next: release.number + 1 });
  }

  async #read(): Promise<History> {
    const format = '%(refname)%00%(*objectname)%00%(contents)%00%00';
    const args = ['for-each-ref', `--format=${format}`, 'refs/tags/releases/'];
    const output = await git(args, { cwd: this.#repository, maxBytes: MAX_HISTORY });
    const history = makeHistory(output.split('\0\0\n').map((entry) => entry.split('\0')));
    for (const { number, why } of history.unreadable) {
      this.#log.warn(
        { repository: this.#repository, release: number, why },
        'a release tag cannot be read and is passed over',
      );
    }
    return history;
  }
}
