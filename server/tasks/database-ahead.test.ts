import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Release } from '../git/release.ts';
import { databaseAhead, forgetSettled, keepLeft, migratedSince } from './database-ahead.ts';
import { readLeft } from './left-note.ts';

const commit = 'c0ffee0123456789';
let folder: string;
/** Newest first. */
let releases: Release[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-left-'));
  releases = [];
});
afterEach(() => rm(folder, { recursive: true }));

const repository = () => ({ folder, releases: async () => releases });

/** @param ran the migrations that it has run; `-a`: it has skipped it */
function released(number: number, ran: readonly string[] = [], ahead?: readonly string[]): Release {
  const tasks = ran.map((name) =>
    name.startsWith('-')
      ? { name: name.slice(1), stage: 'Migrate', state: 'Skipped' }
      : { name, stage: 'Migrate', state: 'Succeeded' },
  );
  return { number, commit, record: { tasks, ...(ahead && { ahead }) } } as unknown as Release;
}

function leave(task: string, reason: 'NotUndone' | 'UndoFailed', message: string, deploy = 'd1'): Promise<void> {
  return keepLeft(repository(), { task, reason, message, deploy, commit });
}

const messageNow = async (migrations?: readonly string[]) =>
  (await databaseAhead(repository(), migrations))?.message ?? 'nothing';

it('is ahead of the code by what migrations have left, each until a release has run it', async () => {
  releases = [released(1, ['a', 'b'])];
  expect(await databaseAhead(repository(), undefined)).toBeUndefined();
  await leave('a', 'NotUndone', 'task a has run');
  await leave('b', 'UndoFailed', 'undo of task b failed', 'd2');
  const [a, b] = ['task a has run (deploy d1 of c0ffee0)', 'undo of task b failed (deploy d2 of c0ffee0)'];
  expect(await databaseAhead(repository(), undefined)).toEqual({
    status: 'True',
    reason: 'UndoFailed',
    message: `${a}; ${b}`,
  });
  releases = [released(2, ['-a', '-b']), ...releases];
  expect(await messageNow()).toBe(`${a}; ${b}`);
  releases = [released(3, ['b', '-a']), ...releases];
  expect(await messageNow()).toBe(a);
  releases = [released(4, ['a']), ...releases];
  expect(await messageNow()).toBe('nothing');
});

it('has what a task has left last', async () => {
  await leave('a', 'NotUndone', 'task a has run');
  await leave('a', 'UndoFailed', 'undo of task a failed', 'd2');
  expect(await messageNow()).toBe('undo of task a failed (deploy d2 of c0ffee0)');
});

it('says nothing of a migration that the Remote no longer has: nobody can run it to its end', async () => {
  await leave('a', 'NotUndone', 'task a has run');
  expect(await messageNow(['b'])).toBe('nothing');
  expect(await messageNow(['a', 'b'])).toContain('task a has run');
});

it('what is settled is forgotten, as the release that has settled it will be', async () => {
  await leave('a', 'NotUndone', 'task a has run');
  await leave('b', 'NotUndone', 'task b has run');
  releases = [released(1, ['a'])];
  await forgetSettled(repository());
  releases = [released(20)];
  expect((await readLeft(folder)).map(({ task }) => task)).toEqual(['b']);
  expect(await messageNow()).toContain('task b has run');
});

it('a note that nobody can read counts as nothing', async () => {
  await writeFile(join(folder, 'gitkube-left.json'), '[{"task":');
  expect(await messageNow()).toBe('nothing');
  await leave('a', 'NotUndone', 'task a has run');
  expect(await messageNow()).toContain('task a has run');
});

it('is ahead of a release that was brought back, by what has migrated it since', async () => {
  const all = [released(5, ['b']), { number: 4, why: 'damaged' }, released(3, ['a', '-b']), released(2), released(1)];
  const since = migratedSince(released(2), all as never);
  expect(since).toEqual(['a in releases/3', 'b in releases/5']);
  releases = [released(6, [], since)];
  expect(await databaseAhead(repository(), [])).toEqual({
    status: 'True',
    reason: 'RolledBack',
    message: 'releases/6 is older than what has migrated the database: a in releases/3; b in releases/5',
  });
  await leave('a', 'NotUndone', 'task a has run');
  expect(await databaseAhead(repository(), undefined)).toMatchObject({
    reason: 'NotUndone',
    message: expect.stringMatching(/^task a has run .*; releases\/6 is older/),
  });
  // Its restart is as old as it is.
  expect(migratedSince(released(6, [], since), [])).toEqual(since);
  releases = [released(7, ['a']), ...releases];
  expect(await messageNow()).toBe('nothing');
});
