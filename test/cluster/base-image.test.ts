import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeBaseImage } from './base-image.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gitkube-image-'));
  writeFileSync(join(folder, 'busybox'), 'a program');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function write(name: string): Promise<Buffer> {
  const file = join(folder, name);
  await writeBaseImage({ file, names: ['registry.test:5000/busybox:1'], busybox: join(folder, 'busybox') });
  return readFileSync(file);
}

it('the base image is the same whenever it is written', async () => {
  const configs = [];
  for (const name of ['first.tar', 'second.tar']) configs.push((await filesOf(await write(name)))['config.json']);
  expect(configs[0]).toBe(configs[1]);
});

it('the base image names itself and its layer as engines expect', async () => {
  const files = await filesOf(await write('image.tar'));
  expect(JSON.parse(files['manifest.json'] ?? '')).toEqual([
    { Config: 'config.json', RepoTags: ['registry.test:5000/busybox:1'], Layers: ['layer.tar'] },
  ]);
  const layer = await filesOf(Buffer.from(files['layer.tar'] ?? ''));
  expect(layer['bin/busybox']).toBe('a program');
  expect(Object.keys(layer)).toContain('bin/sh');
});

async function filesOf(archive: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const reader = extract();
  reader.end(archive);
  for await (const file of reader) files[file.header.name] = await text(file);
  return files;
}
