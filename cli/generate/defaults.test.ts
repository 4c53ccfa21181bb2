import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultsOf } from './defaults.ts';

async function defaultsWith(name: string, files: readonly string[]) {
  const parent = await mkdtemp(join(tmpdir(), 'gitkube-defaults-'));
  const folder = join(parent, name);
  await mkdir(folder);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), '');
  }
  const found = await defaultsOf(folder);
  await rm(parent, { recursive: true });
  return found;
}

describe('the defaults of gitkube remote generate', () => {
  it.each([
    ['My_Shop', ['Dockerfile', 'k8s/app.yaml'], { name: 'my-shop', manifests: 'yaml', folder: 'k8s', context: '.' }],
    [
      'shop',
      ['web/Dockerfile', 'chart/Chart.yaml'],
      { name: 'shop', manifests: 'helm', folder: 'chart', context: 'web' },
    ],
    ['shop', ['web/Dockerfile', 'api/Dockerfile', 'k8s/README.md'], { name: 'shop' }],
    ['---', [], {}],
  ])('are those of the repository %s with %j', async (name, files, expected) => {
    expect(await defaultsWith(name, files)).toEqual(expected);
  });
});
