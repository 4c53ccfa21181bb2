import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Trash } from './trash.ts';

const day = 86_400_000;
let data: string;
let clock: ManualClock;
let trash: Trash;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'gitkube-trash-'));
  clock = new ManualClock({ now: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
  trash = new Trash(data, clock);
});
afterEach(() => rm(data, { recursive: true, force: true }));

async function throwAway(name: string): Promise<string> {
  const path = join(data, 'repository');
  await mkdir(join(path, 'objects'), { recursive: true });
  return trash.take(path, 'ns', name);
}

it('the trash names its entries by time, also two of one second', async () => {
  expect(await throwAway('a.b')).toBe(join(data, 'trash/ns/a.b.20260102T030405Z.git'));
  expect(await throwAway('a.b')).toBe(join(data, 'trash/ns/a.b.20260102T030406Z.git'));
});

/** What the daily sweeps of so many days delete. */
async function sweepFor(days: number): Promise<string[]> {
  const swept: string[] = [];
  for (let i = 0; i < days; i++) {
    clock.advance(day);
    swept.push(...(await trash.sweep(7)));
  }
  return swept;
}

it('the trash is emptied of entries after some days, and of nothing else', async () => {
  await throwAway('old');
  await mkdir(join(data, 'trash/ns/by-hand'), { recursive: true });
  expect(await trash.sweep(7)).toEqual([]);
  expect(await sweepFor(6)).toEqual([]);
  await throwAway('young');
  expect(await sweepFor(1)).toEqual(['ns/old.20260102T030405Z.git']);
  expect((await readdir(join(data, 'trash/ns'))).sort()).toEqual(['by-hand', 'young.20260108T030405Z.git']);
});

it('a clock that is set, forward or back, deletes nothing from the trash and keeps nothing for ever', async () => {
  await throwAway('kept');
  await trash.sweep(7);
  clock.advance(30 * day);
  expect(await trash.sweep(7)).toEqual([]);
  clock.advance(-30 * day);
  expect(await trash.sweep(7)).toEqual([]);
  expect(await sweepFor(5)).toEqual([]);
  expect(await sweepFor(1)).toHaveLength(1);
});

it('a trash that keeps entries for no time is emptied at once', async () => {
  await throwAway('unwanted');
  expect(await trash.sweep(0)).toHaveLength(1);
});

it('a trash that cannot be read is not an empty one, and what can be read of it is swept', async () => {
  await throwAway('old');
  await symlink('away', join(data, 'trash/away'));
  await expect(trash.sweep(0)).rejects.toMatchObject({ code: 'ELOOP' });
  expect(await readdir(join(data, 'trash/ns'))).toEqual([]);
});

it('a trash that was never used is empty', async () => {
  expect(await trash.sweep(0)).toEqual([]);
});
