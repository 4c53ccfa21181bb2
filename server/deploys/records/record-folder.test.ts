import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Begin } from './facts.ts';
import {
  addFact,
  deleteOldRecords,
  expireRecords,
  factsIn,
  makeRecordFolder,
  type RecordFolder,
  recordFolders,
} from './record-folder.ts';

let repository: string;
beforeEach(async () => {
  repository = await mkdtemp(join(tmpdir(), 'gitkube-record-folder-'));
});
afterEach(() => rm(repository, { recursive: true, force: true }));

const begin: Begin = {
  kind: 'begin',
  id: 'd1',
  at: '2026-01-01T00:00:00.000Z',
  trigger: { kind: 'push', via: 'ssh' },
  by: { name: 'ada', fingerprint: 'SHA256:ada' },
  remote: 'ns/app',
  uid: 'u1',
  environment: '',
  branch: 'main',
  commit: 'c0ffee',
};
const minute = 60_000;
const ids = async () => (await recordFolders(repository)).map(({ id }) => id);

async function make(id: string, bytes = 0): Promise<RecordFolder> {
  const path = await makeRecordFolder(repository, id, begin);
  await writeFile(join(path, 'output.0'), 'x'.repeat(bytes));
  return { number: 0, id, path };
}

it('a line that a crash cut off ends where the next one begins', async () => {
  const folder = await make('d1');
  await writeFile(join(folder.path, 'facts'), '\n{"kind":"phase","pha', { flag: 'a' });
  await addFact(folder.path, { kind: 'commit', commit: 'bad' });
  await writeFile(join(folder.path, 'facts'), '\n{"kind":"of a newer version"}\n\u0000', { flag: 'a' });
  expect(await factsIn(folder)).toEqual({ begin, phases: [], joined: [], commit: 'bad', end: undefined });
});

it('records come in the order in which they were begun, beyond nine, and nothing else in the folder is one', async () => {
  for (let n = 1; n <= 12; n++) await make(`d${n}`);
  await writeFile(join(repository, 'gitkube-deploys', 'README'), 'put here by somebody');
  expect(await ids()).toEqual(Array.from({ length: 12 }, (_, n) => `d${n + 1}`));
});

it('a repository that was moved to the trash is not created again for a record', async () => {
  const trash = `${repository}.trash`;
  await rename(repository, trash);
  await expect(makeRecordFolder(repository, 'd1', begin)).rejects.toThrow('ENOENT');
  await rename(trash, repository);
});

it('the oldest records are deleted when all together are too large', async () => {
  for (const id of ['old', 'live', 'new', 'newest']) await make(id, 1000);
  const bounds = { maxRecords: 100, maxBytes: 2900 };
  await deleteOldRecords(repository, bounds, (id) => id === 'live');
  expect(await ids()).toEqual(['live', 'new', 'newest']);
});

it('old records are deleted, but not the last ones', async () => {
  const folders = await Promise.all(['a', 'b', 'c', 'd'].map((id) => make(id)));
  const now = Date.now() + 60 * minute;
  for (const { id, path } of folders) {
    const at = new Date(id === 'b' ? now - minute : now - 30 * minute);
    for (const name of ['facts', 'output.0']) await utimes(join(path, name), at, at);
  }
  const kept = (await ids()).slice(-2);
  await expireRecords(repository, { maxAgeMs: 10 * minute, keep: 2 }, now);
  expect(new Set(await ids())).toEqual(new Set(['b', ...kept]));
});
