import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareDataFolder } from './data-folder.ts';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'gitkube-folder-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

it('the data folder is created', async () => {
  await prepareDataFolder(join(base, 'a/b'));
  expect((await stat(join(base, 'a/b'))).isDirectory()).toBe(true);
});

it('a data folder that cannot be used is named with the reason', async () => {
  await writeFile(join(base, 'file'), '');
  await expect(prepareDataFolder(join(base, 'file/data'))).rejects.toMatchObject({
    reason: 'ConfigInvalid',
    message: expect.stringMatching(/GITKUBE_DATA: the folder .*file\/data cannot be used \(ENOTDIR\) by user \d+:\d+/),
  });
});
