import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../base/log.ts';
import { lockDataFolder } from './data-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;

function waitFor(signal = never) {
  const { promise: waits, resolve: onWait } = Promise.withResolvers<void>();
  return { waits, lock: lockDataFolder({ folder, log: silentLogger, signal, onWait }) };
}

it('the second server waits for the end of the first', async () => {
  const first = await waitFor().lock;
  const second = waitFor();
  await second.waits;
  await first[Symbol.asyncDispose]();
  await (await second.lock)[Symbol.asyncDispose]();
});

/** Some that wait, and a promise that they have all had their turn, one after the other. */
async function someWait() {
  const all = [waitFor(), waitFor(), waitFor()];
  await Promise.all(all.map(({ waits }) => waits));
  let working = 0;
  const work = async ({ lock }: (typeof all)[number]) => {
    const held = await lock;
    expect(++working).toBe(1);
    await nextTurn();
    working--;
    await held[Symbol.asyncDispose]();
  };
  return { done: Promise.all(all.map(work)) };
}

it('those that wait come one after the other', async () => {
  const first = await waitFor().lock;
  const others = await someWait();
  await first[Symbol.asyncDispose]();
  await others.done;
  expect(await readdir(folder)).toEqual([]);
});

it('a server that was killed holds nobody up, and lets those that wait in one after the other', async () => {
  const code = `require('net').createServer().listen(${JSON.stringify(join(folder, 'server.sock'))}, () => console.log('listens'))`;
  const killed = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(killed.stdout, 'data');
  const others = await someWait();
  killed.kill('SIGKILL');
  await others.done;
  expect(await readdir(folder)).toEqual([]);
});

it('the signal to stop ends the waiting', async () => {
  await using _first = await waitFor().lock;
  const stop = new AbortController();
  const second = waitFor(stop.signal);
  await second.waits;
  stop.abort();
  await expect(second.lock).rejects.toThrow(/abort/);
});

// A socket's path has room for 107 bytes, and its name takes 21 of them.
it.each([86, 87, 88, 89, 90, 120])(
  'a folder with a path of %d bytes is locked, or it is said that it is not',
  async (length) => {
    const deep = join(folder, 'x'.repeat(length - folder.length - 1));
    await mkdir(deep);
    let warnings = 0;
    let waits = 0;
    const log = { ...silentLogger, warn: () => void warnings++ };
    const stop = new AbortController();
    const options = { folder: deep, log, signal: stop.signal, onWait: () => void waits++ };
    await using _first = await lockDataFolder(options);
    const second = lockDataFolder(options);
    second.catch(() => {});
    await expect.poll(() => waits + warnings).toBeGreaterThan(0);
    stop.abort();
    expect(waits > 0).toBe(warnings === 0);
  },
);
