import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from './lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gitkube-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a lock lets only one in at a time, and removes the file after the last one', async () => {
  const file = join(folder, 'lock');
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise(setImmediate);
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(file, work)));
  expect(most).toBe(1);
  expect(existsSync(file)).toBe(false);
});

it('a lock is free again after an error', async () => {
  const file = join(folder, 'lock');
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(withLock(file, async () => 'in')).resolves.toBe('in');
});

it('a lock is free again when its holder was killed', async () => {
  const file = join(folder, 'lock');
  const module = JSON.stringify(join(import.meta.dirname, 'lock.ts'));
  const program = `import { withLock } from ${module};
    await withLock(${JSON.stringify(file)}, () => { console.log('in'); return new Promise((resolve) => setTimeout(resolve, 60_000)); });`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  holder.kill('SIGKILL');
  await expect(withLock(file, async () => 'in')).resolves.toBe('in');
});
