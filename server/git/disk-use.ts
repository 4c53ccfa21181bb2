import { lstat, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import { byteSize } from '../../base/text.ts';
import { ifMissing } from './missing.ts';

/** How many bytes the objects of one repository take, known without a measurement at each push. */
export class DiskUse {
  readonly #repository: string;
  #stored: Promise<number> | undefined;

  constructor(repository: string) {
    this.#repository = repository;
  }

  /**
   * Counts the objects of a push as stored. One that brings none, such as a rollback, always has room.
   * @param quarantine where git holds them
   * @throws RepositoryTooLarge
   */
  async add(quarantine: string | undefined, maxBytes: number): Promise<void> {
    const added = quarantine === undefined ? 0 : await bytesIn(resolve(this.#repository, quarantine));
    if (added === 0) return;
    this.#stored ??= this.#measure();
    // What is remembered counts pushes, too, that were refused later.
    if ((await this.#stored) + added > maxBytes) this.#stored = this.#measure();
    const stored = await this.#stored;
    if (stored + added > maxBytes) throw tooLarge(stored, added, maxBytes);
    this.#stored = Promise.resolve(stored + added);
  }

  /** Git has packed or deleted some. */
  forget(): void {
    this.#stored = undefined;
  }

  #measure(): Promise<number> {
    return bytesIn(join(this.#repository, 'objects'), (entry) => !entry.startsWith('tmp_objdir-'));
  }
}

function tooLarge(stored: number, added: number, maxBytes: number): GitkubeError {
  const [has, more, limit] = [stored, added, maxBytes].map(byteSize);
  return new GitkubeError(
    'RepositoryTooLarge',
    `the repository has ${has} and this push ${more}, the limit is ${limit}`,
    {
      hint: [
        'push without large files; to see the size of all commits, type: git rev-list --objects --disk-usage HEAD',
        'the operator may raise GITKUBE_MAX_REPOSITORY_BYTES, or delete the Remote and apply it again, which starts fresh',
      ],
    },
  );
}

/** Entries that go away while they are counted count nothing; what cannot be read is an error. */
async function bytesIn(folder: string, wanted: (entry: string) => boolean = () => true): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(ifMissing([]));
  const sizes = entries
    .filter(({ name }) => wanted(name))
    .map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? bytesIn(path) : sizeOf(path);
    });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function sizeOf(path: string): Promise<number> {
  return lstat(path).then(({ size }) => size, ifMissing(0));
}
