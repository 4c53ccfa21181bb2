import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GitkubeError } from '../../base/errors.ts';
import { ReleaseRecord } from '../git/release.ts';
import { writeSynced } from '../synced-file.ts';
import { isOldJournal, upgradeJournal } from './old-journal.ts';

const JournalHead = z.object({
  /** Of the deploy. */
  id: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** Where the branch was. */
  current: z.string().optional(),
  /** False: a repair, which moves no ref. */
  makesRelease: z.boolean(),
  /** What this deploy writes on the workloads. */
  mark: z.object({ commit: z.string(), release: z.number(), pushedBy: z.string(), cause: z.string() }),
  /** Of a push whose branch git itself moves, once the rollout has succeeded and only the refs are missing. */
  record: ReleaseRecord.optional(),
});
export type JournalHead = z.infer<typeof JournalHead>;

export const JournalEntry = JournalHead.extend({
  /** What each step is about to change, in their order; `data` is the step's own (steps/). */
  steps: z.array(z.object({ step: z.string(), data: z.unknown() })),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

const NAME = 'gitkube-deploying.json';

/**
 * What a deploy under way is about to change, on disk before it is changed. After a crash it says what to undo; without
 * one nothing is half done.
 */
export class Journal {
  readonly #folder: string;
  #entry: JournalEntry;

  /** Nothing is on disk before the first step keeps something. @param folder of the environment in its repository (../git/series.ts) */
  constructor(folder: string, head: JournalHead) {
    this.#folder = folder;
    this.#entry = { ...head, steps: [] };
  }

  get entry(): JournalEntry {
    return this.#entry;
  }

  /** What a step is about to change, instead of what it has kept before; on disk when it resolves. */
  async keep(step: string, data: unknown): Promise<void> {
    const known = this.#entry.steps.some((one) => one.step === step);
    const steps = known
      ? this.#entry.steps.map((one) => (one.step === step ? { step, data } : one))
      : [...this.#entry.steps, { step, data }];
    await this.#write({ ...this.#entry, steps });
  }

  /** Only the refs are missing, and git moves the branch. */
  async keepRecord(record: ReleaseRecord): Promise<void> {
    await this.#write({ ...this.#entry, record });
  }

  async clear(): Promise<void> {
    await clearJournal(this.#folder);
  }

  async #write(entry: JournalEntry): Promise<void> {
    await writeJournal(this.#folder, entry);
    this.#entry = entry;
  }
}

/** Synced to disk, file and folder, when it resolves. */
export async function writeJournal(folder: string, entry: JournalEntry): Promise<void> {
  await writeSynced(join(folder, NAME), JSON.stringify(entry));
}

/** @throws JournalUnreadable: then it is unknown what to undo, and no push may deploy over it */
export async function readJournal(folder: string): Promise<JournalEntry | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(join(folder, NAME), 'utf8'));
    return isOldJournal(found) ? upgradeJournal(found) : JournalEntry.parse(found);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(cause);
  }
}

export function unreadable(cause: unknown): GitkubeError {
  return new GitkubeError('JournalUnreadable', 'the record of a rollout that was cut off cannot be read', {
    hint: `ask an operator to check the workloads, then delete ${NAME} from the repository of this Remote`,
    cause,
  });
}

export async function clearJournal(folder: string): Promise<void> {
  // A crash in writeJournal leaves the other one.
  await Promise.all([NAME, `${NAME}.new`].map((name) => rm(join(folder, name), { force: true })));
}
