import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import { lockDataFolder } from './data-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;

/** That a test's server runs on; each test says what another one is. */
const kernel = 'here';

function waitFor(signal = never, clock: Clock = systemClock) {
  const { promise: waits, resolve: onWait } = Promise.withResolvers<void>();
  return { waits, lock: lockDataFolder({ folder, kernel, clock, log: silentLogger, signal, onWait }) };
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

it('servers that wait get the folder one after the other', async () => {
  const first = await waitFor().lock;
  const others = await someWait();
  await first[Symbol.asyncDispose]();
  await others.done;
  expect(await readdir(folder)).toEqual([]);
});

/** A process that holds the folder. */
async function listener() {
  const code = `require('net').createServer().listen(${JSON.stringify(join(folder, 'server.sock.here.dead'))}, () => console.log('listens'))`;
  const process = spawn(execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(process.stdout, 'data');
  return process;
}

/** Holds this process up until the kernel calls another one stopped (T) or ended (Z). */
function untilState({ pid }: ChildProcess, state: 'T' | 'Z'): void {
  while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes(`) ${state} `));
}

it('a server that was killed delays nobody, and those that wait get the folder one after the other', async () => {
  const killed = await listener();
  const others = await someWait();
  killed.kill('SIGKILL');
  await others.done;
  expect(await readdir(folder)).toEqual([]);
});

it('a server that is killed while another one probes it counts as dead, and not as one on another node', async () => {
  const killed = await listener();
  const stopped = once(killed, 'exit');
  killed.kill('SIGSTOP');
  untilState(killed, 'T');
  // A connection that waits to be accepted is reset by the end of the process.
  const resume = vi.spyOn(Socket.prototype, 'resume').mockImplementationOnce(function (this: Socket) {
    killed.kill('SIGKILL');
    untilState(killed, 'Z');
    return this;
  });
  const clock = new ManualClock({ elapseUpToMs: 2000 });
  await (await waitFor(never, clock).lock)[Symbol.asyncDispose]();
  resume.mockRestore();
  expect(clock.monotonic()).toBe(0);
  await stopped;
});

it('the signal to stop ends the waiting', async () => {
  await using _first = await waitFor().lock;
  const stop = new AbortController();
  const second = waitFor(stop.signal);
  await second.waits;
  stop.abort();
  await expect(second.lock).rejects.toThrow(/abort/);
});

// The path of a socket has room for 107 bytes.
it.each([86, 87, 88, 89, 90, 120, 400])('a folder with a path of %d bytes is locked', async (length) => {
  const deep = join(folder, ...Array.from({ length: Math.ceil(length / 200) }, () => 'x'.repeat(100)));
  const path = length < 200 ? join(folder, 'x'.repeat(length - folder.length - 1)) : deep;
  await mkdir(path, { recursive: true });
  const stop = new AbortController();
  const waits = Promise.withResolvers<void>();
  const options = { folder: path, kernel, clock: systemClock, log: silentLogger, onWait: waits.resolve };
  await using _first = await lockDataFolder({ ...options, signal: never });
  const second = lockDataFolder({ ...options, signal: stop.signal });
  await waits.promise;
  stop.abort();
  await expect(second).rejects.toThrow(/abort/);
});

it('a folder that is not writable is refused', async () => {
  const options = { folder: join(folder, 'none'), kernel, clock: systemClock, log: silentLogger, signal: never };
  await expect(lockDataFolder(options)).rejects.toMatchObject({ reason: 'ConfigInvalid' });
});

/** A server of another node: its file is there, and refuses every connection whether it lives or not. */
async function otherNode(name = 'server.sock.there.a') {
  const path = join(folder, name);
  await writeFile(path, '');
  let touches = 0;
  return {
    touch: () => utimes(path, ++touches, touches),
    isThere: async () => (await readdir(folder)).includes(name),
    end: () => rm(path),
  };
}

/** Time passes for a lock that waits, in steps that are shorter than what it waits for. */
async function pass(clock: ManualClock, ms: number, each: () => Promise<void> = async () => {}): Promise<void> {
  for (let left = ms; left > 0; left -= 2000) {
    await each();
    await expect.poll(() => clock.pending).toBeGreaterThan(0);
    await touched(clock);
    clock.advance(2000);
    await settle();
  }
}

/** No server waits for the file system to take its sign of life: that alone has a longer limit than the time to the next one. */
async function touched(clock: ManualClock): Promise<void> {
  await expect.poll(() => clock.longest, { timeout: 20_000 }).toBeLessThanOrEqual(5000);
}

/** What was asked of the file system before is answered: what follows asks the same one, again and again. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await stat(folder);
}

/** Time goes on until the lock is held: on a busy machine a look at the folder takes longer than a step. */
async function passUntilHeld(clock: ManualClock, lock: Promise<AsyncDisposable>): Promise<AsyncDisposable> {
  let held = false;
  void lock.then(() => {
    held = true;
  });
  while (!held) await pass(clock, 2000);
  return lock;
}

it.each(['server.sock.there.a', 'server.sock.there.zzzz'])(
  'a server of another node that lives is waited for to its end (%s)',
  async (name) => {
    const other = await otherNode(name);
    const clock = new ManualClock();
    const { waits, lock } = waitFor(never, clock);
    await waits;
    let locked = false;
    void lock.then(() => {
      locked = true;
    });
    await pass(clock, 300_000, other.touch);
    expect([locked, await other.isThere()]).toEqual([false, true]);
    await other.end();
    await (await passUntilHeld(clock, lock))[Symbol.asyncDispose]();
  },
);

it('a server of another node that shows no sign of life for 30 s is dead, also one that did before', async () => {
  const other = await otherNode();
  const clock = new ManualClock();
  const { waits, lock } = waitFor(never, clock);
  await waits;
  await pass(clock, 20_000);
  await other.touch();
  await pass(clock, 28_000);
  expect(await other.isThere()).toBe(true);
  await (await passUntilHeld(clock, lock))[Symbol.asyncDispose]();
  expect(await readdir(folder)).toEqual([]);
});

it('a server whose file was removed learns that it has lost the folder', async () => {
  const clock = new ManualClock();
  const reported: string[] = [];
  const onLost = ({ message }: Error) => void reported.push(message);
  await using _lock = await lockDataFolder({ folder, kernel, clock, log: silentLogger, signal: never, onLost });
  await pass(clock, 60_000);
  expect(reported).toEqual([]);
  for (const name of await readdir(folder)) await rm(join(folder, name));
  await expect
    .poll(() => clock.advance(1000) ?? reported)
    .toEqual([expect.stringContaining('another server has taken over')]);
});

/** A server that works on the folder by a path that can be removed, and on another node for the server that waits. */
async function holderElsewhere(clock: ManualClock) {
  const path = `${folder}-mount`;
  await symlink(folder, path);
  const lostAt: number[] = [];
  const onLost = () => void lostAt.push(clock.monotonic());
  const lock = await lockDataFolder({ folder: path, kernel, clock, log: silentLogger, signal: never, onLost });
  const [name = ''] = await readdir(folder);
  // A file that takes no connection, as a socket of another node.
  await writeFile(join(folder, 'file'), '');
  await rename(join(folder, 'file'), join(folder, name));
  const unmount = async () => {
    await rm(path);
    await symlink(path, path);
  };
  const end = async () => {
    await expect(lock[Symbol.asyncDispose]()).rejects.toThrow('ELOOP');
    await rm(path);
  };
  return { lostAt, unmount, [Symbol.asyncDispose]: end };
}

// Whatever the moments at which they look.
it.each([0, 1000, 2500, 4900])('a server gives up before another one may take the folder (%d ms)', async (ms) => {
  const clock = new ManualClock();
  await using holder = await holderElsewhere(clock);
  clock.advance(ms);
  const options = { folder, kernel: 'there', clock, log: silentLogger, signal: never };
  let takenAt: number | undefined;
  const taking = lockDataFolder(options).then((lock) => {
    takenAt = clock.monotonic();
    return lock;
  });
  await holder.unmount();
  for (let left = 60_000; left > 0 && takenAt === undefined; left -= 100) {
    await expect.poll(() => clock.pending).toBeGreaterThan(0);
    await touched(clock);
    clock.advance(100);
    await settle();
  }
  await (await taking)[Symbol.asyncDispose]();
  const [lostAt = Number.POSITIVE_INFINITY] = holder.lostAt;
  expect(lostAt).toBeLessThan((takenAt ?? 0) - 5000);
});

it('a server that was suspended while another one took the folder gives it up', async () => {
  const clock = new ManualClock();
  const lost = Promise.withResolvers<void>();
  const options = { folder, kernel, clock, log: silentLogger, signal: never, onLost: () => lost.resolve() };
  await using _lock = await lockDataFolder(options);
  await writeFile(join(folder, 'server.sock.there.a'), '');
  clock.advance(29_000);
  await lost.promise;
});

it('a server that was suspended keeps the folder when nobody else has taken it, each time', async () => {
  const clock = new ManualClock();
  const onLost = ({ message }: Error) => expect.unreachable(message);
  const lock = await lockDataFolder({ folder, kernel, clock, log: silentLogger, signal: never, onLost });
  const seen = new Set<string>();
  for (let time = 1; time <= 3; time++) {
    const [before = '', ...others] = await readdir(folder);
    expect(others).toEqual([]);
    seen.add(before);
    clock.advance(3_600_000);
    await expect.poll(() => readdir(folder)).not.toContain(before);
    await expect.poll(() => clock.pending).toBe(1);
  }
  expect(seen.size).toBe(3);
  const waiting = waitFor();
  await waiting.waits;
  await lock[Symbol.asyncDispose]();
  await (await waiting.lock)[Symbol.asyncDispose]();
  expect(clock.pending).toBe(0);
});

it('a server that was suspended gives up when another one has taken the folder and ended since', async () => {
  const clock = new ManualClock();
  const lost = Promise.withResolvers<void>();
  const options = { folder, kernel, clock, log: silentLogger, signal: never, onLost: () => lost.resolve() };
  await using _lock = await lockDataFolder(options);
  // As one on another node does, for which the file is silent.
  for (const name of await readdir(folder)) await rm(join(folder, name));
  clock.advance(29_000);
  await lost.promise;
});

it('a server that waits, and was suspended, waits on', async () => {
  const first = await waitFor().lock;
  const clock = new ManualClock();
  const { waits, lock } = waitFor(never, clock);
  await waits;
  clock.advance(3_600_000);
  await settle();
  await first[Symbol.asyncDispose]();
  await (await lock)[Symbol.asyncDispose]();
  expect(await readdir(folder)).toEqual([]);
});

it('a server gives up in time although the file system does not answer', async () => {
  const clock = new ManualClock();
  const lost = Promise.withResolvers<void>();
  const options = { folder, kernel, clock, log: silentLogger, signal: never, onLost: () => lost.resolve() };
  await using _lock = await lockDataFolder(options);
  await using _hung = await hungFileSystem();
  clock.advance(5000);
  await nextTurn();
  clock.advance(15_000);
  await lost.promise;
});

it('a server that was suspended gives up when the file system does not answer either', async () => {
  const clock = new ManualClock();
  const lost = Promise.withResolvers<void>();
  const options = { folder, kernel, clock, log: silentLogger, signal: never, onLost: () => lost.resolve() };
  await using _lock = await lockDataFolder(options);
  await using _hung = await hungFileSystem();
  clock.advance(29_000);
  await nextTurn();
  clock.advance(5000);
  await lost.promise;
});

/** Nothing that Node asks of any file is answered: all threads that ask wait for somebody at the other end of a pipe. */
async function hungFileSystem(): Promise<AsyncDisposable> {
  const pipes = Array.from({ length: 64 }, (_, index) => join(folder, `pipe-${index}`));
  execFileSync('mkfifo', pipes);
  const opening = pipes.map((path) => open(path, 'r'));
  return {
    [Symbol.asyncDispose]: async () => {
      const ends = pipes.map((path) => openSync(path, constants.O_RDWR));
      for (const file of await Promise.all(opening)) await file.close();
      for (const end of ends) closeSync(end);
    },
  };
}
