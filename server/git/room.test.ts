import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freeFiles, requireFree } from './room.ts';

it('a file system without a limit of files is not full of them', () => {
  expect(freeFiles({ files: 0, ffree: 0 })).toBeGreaterThan(1e9);
  expect(freeFiles({ files: 65_536, ffree: 0 })).toBe(0);
});

it('a folder that is not there yet is no problem, and one that cannot be looked at is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-room-'));
  try {
    await requireFree(join(folder, 'repositories'), 1);
    await expect(requireFree(folder, 2 ** 52)).rejects.toMatchObject({ reason: 'DiskFull' });
    await expect(requireFree(join(folder, 'x'.repeat(300)), 1)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
