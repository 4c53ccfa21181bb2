import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { git } from './git-command.ts';
import { ObjectReader } from './object-reader.ts';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gitkube-objects-'));
  await git(['init', '-q', '--bare', '.'], { cwd: folder });
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a missing object is undefined', async () => {
  using objects = new ObjectReader(folder, {});
  expect(await objects.read('0'.repeat(40))).toBeUndefined();
});

it('a read that waits ends with the reason of the push that is ended', async () => {
  const ended = new AbortController();
  using objects = new ObjectReader(folder, {}, ended.signal);
  const reading = objects.read('0'.repeat(40));
  ended.abort(new Error('the client left'));
  await expect(reading).rejects.toThrow('the client left');
  await expect(objects.read('1'.repeat(40))).rejects.toThrow('the client left');
});
