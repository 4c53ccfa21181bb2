import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearJournal, Journal, type JournalEntry, readJournal, writeJournal } from './journal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const entry: JournalEntry = {
  id: 'p1',
  branch: 'main',
  commit: 'c'.repeat(40),
  makesRelease: true,
  mark: { commit: 'c'.repeat(40), release: 1, pushedBy: 'a', cause: 'b' },
  steps: [{ step: 'roll-out-workloads', data: { snapshots: [], expected: {} } }],
};

describe('the journal of a deploy', () => {
  it('has what was written until it is cleared', async () => {
    expect(await readJournal(folder)).toBeUndefined();
    await writeJournal(folder, entry);
    expect(await readJournal(folder)).toEqual(entry);
    await clearJournal(folder);
    expect(await readJournal(folder)).toBeUndefined();
  });

  it.each(['{"id": "x"', '{}', '', 'null', '{"snapshots": 1}'])(
    'that holds %j is an error and not an empty one',
    async (text) => {
      await writeFile(join(folder, 'gitkube-deploying.json'), text);
      await expect(readJournal(folder)).rejects.toMatchObject({ reason: 'JournalUnreadable' });
    },
  );

  it('that cannot be read is an error too', async () => {
    const other = join(folder, 'other');
    await mkdir(join(other, 'gitkube-deploying.json'), { recursive: true });
    await expect(readJournal(other)).rejects.toMatchObject({ reason: 'JournalUnreadable' });
  });

  it('has one entry for each step, in their order, and the last one written for a step', async () => {
    const { steps: _, ...head } = entry;
    const journal = new Journal(folder, head);
    await journal.keep('first', 1);
    await journal.keep('second', 2);
    await journal.keep('first', 3);
    const steps = [
      { step: 'first', data: 3 },
      { step: 'second', data: 2 },
    ];
    expect(journal.entry.steps).toEqual(steps);
    expect(await readJournal(folder)).toEqual({ ...head, steps });
  });

  it('does not have what could not be written', async () => {
    const { steps: _, ...head } = entry;
    const journal = new Journal(join(folder, 'missing'), head);
    await expect(journal.keep('first', 1)).rejects.toThrow('ENOENT');
    expect(journal.entry.steps).toEqual([]);
  });
});
