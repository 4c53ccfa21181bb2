import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearJournal, type JournalEntry, readJournal, writeJournal } from './journal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const entry: JournalEntry = {
  push: 'p1',
  branch: 'main',
  commit: 'c'.repeat(40),
  snapshots: [],
  mark: { commit: 'c'.repeat(40), release: 1, pushedBy: 'a', cause: 'b' },
  expected: {},
};

describe('the journal of a deploy', () => {
  it('tells what was written until it is cleared', async () => {
    expect(await readJournal(folder)).toBeUndefined();
    await writeJournal(folder, entry);
    expect(await readJournal(folder)).toEqual(entry);
    await clearJournal(folder);
    expect(await readJournal(folder)).toBeUndefined();
  });

  it('of a version that knew Deployments only is read', async () => {
    const old = { namespace: 'n', name: 'www', uid: 'u', images: { app: 'i' }, annotations: {}, wasReady: true };
    await writeFile(join(folder, 'gitkube-deploying.json'), JSON.stringify({ ...entry, snapshots: [old] }));
    expect((await readJournal(folder))?.snapshots).toEqual([{ kind: 'Deployment', ...old }]);
    await clearJournal(folder);
  });

  it.each(['{"push": "x"', '{}', ''])('that holds %j is an error and not the same as none', async (text) => {
    await writeFile(join(folder, 'gitkube-deploying.json'), text);
    await expect(readJournal(folder)).rejects.toMatchObject({ reason: 'JournalUnreadable' });
  });

  it('that cannot be read is an error too', async () => {
    const other = join(folder, 'other');
    await mkdir(join(other, 'gitkube-deploying.json'), { recursive: true });
    await expect(readJournal(other)).rejects.toMatchObject({ reason: 'JournalUnreadable' });
  });
});
