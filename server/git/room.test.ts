import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freeFiles, requireFree } from './room.ts';

it('a file system without a limit of inodes is not out of them', () => {
  expect(freeFiles({ files: 0, ffree: 0 })).toBeGreaterThan(1e9);
  expect(freeFiles({ files: 65_536, ffree: 0 })).toBe(0);
});

it('a folder that does not exist yet is accepted, and one that cannot be checked is an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-room-'));
  try {
    await requireFree(join(folder, 'repositories'), 1);
    await expect(requireFree(folder, 2 ** 52)).rejects.toMatchObject({ reason: 'DiskFull' });
    await expect(requireFree(join(folder, 'x'.repeat(300)), 1)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
