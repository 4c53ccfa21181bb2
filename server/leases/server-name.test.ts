import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { knownServerName, serverNameOf } from './server-name.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-name-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('a server keeps the name that it made at its first start', async () => {
  expect(await knownServerName(folder)).toBeUndefined();
  const name = await serverNameOf(folder);
  expect([await serverNameOf(folder), await knownServerName(folder)]).toEqual([name, name]);
  expect(await readdir(folder)).toEqual(['server-name']);
});

it('a name that cannot be read is an error: with a new name it would be another server', async () => {
  const path = join(folder, 'server-name');
  await mkdir(path);
  await expect(serverNameOf(folder)).rejects.toMatchObject({
    reason: 'ConfigInvalid',
    message: `${path} cannot be read (EISDIR)`,
  });
});
