import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeRecordFolder } from '../deploys/records/record-folder.ts';
import { Repositories } from '../git/repositories.ts';
import { expireDeploys } from './expire-deploys.ts';

const day = 86_400_000;

it('records of a quarter of a year ago are deleted in each repository, but for the last ten', async () => {
  const data = await mkdtemp(join(tmpdir(), 'gitkube-expire-'));
  await using _data = { [Symbol.asyncDispose]: () => rm(data, { recursive: true }) };
  const repositories = new Repositories(data);
  await repositories.open('ns', 'empty');
  const { path } = await repositories.open('ns', 'app');
  for (let n = 1; n <= 12; n++) {
    const folder = await makeRecordFolder(path, `d${n}`, { kind: 'commit', commit: 'c0ffee' });
    // The second one was written to yesterday.
    const at = new Date(Date.now() - (n === 2 ? day : 91 * day));
    await utimes(join(folder, 'facts'), at, at);
  }
  await expireDeploys({ repositories, clock: Date });
  const left = await readdir(join(path, 'gitkube-deploys'));
  expect(left).toHaveLength(11);
  expect(left).not.toContain('1-d1');
  expect(left).toContain('2-d2');
});
