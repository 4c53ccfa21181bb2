import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';

const dayMs = 86_400_000;

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
    for (let at = this.#clock.now(); ; at += 1000) {
      const place = join(folder, `${name}.${stamp(at)}.git`);
      try {
        await rename(path, place);
        await synced(folder);
        return place;
      } catch (error) {
        // A Remote of that name was deleted in the same second; rename would replace an empty folder only.
        if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  }

  /** Deletes for good what lies here for longer. @returns what was deleted */
  async sweep(days: number): Promise<string[]> {
    const before = this.#clock.now() - days * dayMs;
    const swept: string[] = [];
    for (const namespace of await readdir(this.#folder).catch(() => [])) {
      const folder = join(this.#folder, namespace);
      for (const entry of await readdir(folder).catch(() => [])) {
        const time = timeOf(entry);
        if (time === undefined || time > before) continue;
        await rm(join(folder, entry), { recursive: true, force: true });
        swept.push(`${namespace}/${entry}`);
      }
    }
    return swept;
  }
}

/** `20260102T030405Z`: sorts by time, and is a file name everywhere. */
function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Undefined: this was put here by somebody else. */
function timeOf(entry: string): number | undefined {
  const parts = /\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.git$/.exec(entry)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

async function synced(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
