import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { syncFolder } from '../synced-file.ts';
import { look } from './kept-time.ts';
import { ifMissing } from './missing.ts';

const ours = /\.\d{8}T\d{6}Z\.git$/;
const MARK = 'gitkube-in-trash';

/** `<data>/trash/<namespace>/<name>.<time>.git`: the repositories of Remotes that were deleted. */
export class Trash {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(dataFolder: string, clock: Clock) {
    this.#folder = join(dataFolder, 'trash');
    this.#clock = clock;
  }

  /** Moves a folder here, at once and as a whole. @returns where it lies now */
  async take(path: string, namespace: string, name: string): Promise<string> {
    const folder = join(this.#folder, namespace);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // It may have lain here before, and been brought back.
    await rm(join(path, MARK), { force: true });
    for (let at = this.#clock.now(); ; at += 1000) {
      const place = join(folder, `${name}.${stamp(at)}.git`);
      try {
        await rename(path, place);
        await syncFolder(folder);
        return place;
      } catch (error) {
        // A Remote of that name was deleted in the same second; rename would replace an empty folder only.
        if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  }

  /**
   * Deletes for good what has lain here for so many days (kept-time.ts).
   * @returns what was deleted
   * @throws what went wrong first, once everything was looked at
   */
  async sweep(days: number): Promise<string[]> {
    const swept: string[] = [];
    const failed: unknown[] = [];
    const isFailed = (error: unknown) => void failed.push(error);
    for (const entry of await this.#entries(isFailed)) {
      const isOver = await this.#sweepOne(entry, days).catch(isFailed);
      if (isOver) swept.push(entry);
    }
    if (failed.length > 0) throw failed[0];
    return swept;
  }

  /** `<namespace>/<name>.<time>.git`; the others were put here by somebody else. */
  async #entries(isFailed: (error: unknown) => void): Promise<string[]> {
    const found: string[] = [];
    for (const namespace of await readdir(this.#folder).catch(ifMissing([]))) {
      const entries = await readdir(join(this.#folder, namespace)).catch(ifMissing([])).catch(isFailed);
      for (const entry of entries ?? []) if (ours.test(entry)) found.push(`${namespace}/${entry}`);
    }
    return found;
  }

  async #sweepOne(entry: string, days: number): Promise<boolean> {
    const path = join(this.#folder, entry);
    const { enough } = await look(join(path, MARK), days, this.#clock);
    if (enough) await rm(path, { recursive: true, force: true });
    return enough;
  }
}

/** `20260102T030405Z`: sorts by time, and is a file name everywhere. */
function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}
