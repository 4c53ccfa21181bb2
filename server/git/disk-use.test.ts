import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DiskUse } from './disk-use.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-disk-use-'));
  await mkdir(join(folder, 'objects/in'), { recursive: true });
  await writeFile(join(folder, 'objects/in/a'), 'abc');
});
afterEach(() => rm(folder, { recursive: true }));

it('a push whose objects are gone by now adds nothing', async () => {
  await new DiskUse(folder).add('objects/gone', 1);
});

it('objects that cannot be counted are an error: the limit would not hold', async () => {
  await symlink('away', join(folder, 'objects/away'));
  await expect(new DiskUse(folder).add('objects/away', 1)).rejects.toMatchObject({ code: 'ELOOP' });
});
