import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { findOther, type Other } from './data-lock-others.ts';
import { type Announced, announce, lost, prefix } from './data-lock-own.ts';

/** A file system that does not answer for so long is no reason to go on. */
const regainMs = 5000;

export interface DataLockOptions {
  /** Of the server, GITKUBE_DATA. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Called when another server has the folder, before it is waited for. */
  readonly onWait?: () => void;
  /** Called when the lock is lost: another server may work on the folder from now on. */
  readonly onLost?: (error: GitkubeError) => void;
  /** Which kernel this server runs on; unset: asked of the system. */
  readonly kernel?: string;
}

/**
 * Sees to it that one server at a time works on a data folder: waits until the one before has ended. Kubernetes starts the
 * next pod as soon as one is deleted, while that still finishes its rollouts; the next one would take them for cut off and
 * put them back. Who wants the folder has a file in it, then looks for others: of two, at least one sees the other. The file
 * is a socket: the kernel closes it with the process, however that ends, and who waits sees the end of a connection. Between
 * the nodes of a volume that is ReadWriteMany, where nobody can connect, the time of the file shows that its server lives.
 * A server that was suspended for longer than that (a machine that is moved, or sleeps) has the folder still if nobody took it.
 * @throws ConfigInvalid where there can be no such file
 */
export async function lockDataFolder(options: DataLockOptions): Promise<AsyncDisposable> {
  const kernel = options.kernel ?? (await kernelId());
  for (;;) {
    options.signal.throwIfAborted();
    const own = await announceAs(kernel, options);
    try {
      if (await waitForOthers(own, kernel, options)) return hold(own, kernel, options);
    } catch (error) {
      await own.withdraw();
      throw error;
    }
  }
}

function announceAs(kernel: string, options: DataLockOptions): Promise<Announced> {
  return announce(options, `${prefix}.${kernel}.${randomBytes(4).toString('hex')}`);
}

/** Keeps the folder until it is disposed of, or lost. */
function hold(first: Announced, kernel: string, options: DataLockOptions): AsyncDisposable {
  let own = first;
  let over = false;
  const keep = async () => {
    for (;;) {
      const end = await own.ended;
      if (over || end.kind === 'withdrawn') return;
      if (end.kind === 'lost') return options.onLost?.(lost(end.why));
      options.log.warn('this server was suspended: looking whether another one has taken the data folder');
      const again = await regain(own, kernel, options);
      if (over) return again?.withdraw();
      if (!again) return options.onLost?.(lost('this server was suspended, and another one may have taken over'));
      // From here on the new file is what is listened to, however long the removal of the old one takes.
      void own.withdraw().catch(() => {});
      own = again;
    }
  };
  const keeping = keep();
  return {
    [Symbol.asyncDispose]: async () => {
      over = true;
      await own.withdraw();
      await keeping;
    },
  };
}

/**
 * A new file, as of a server that begins: one that took the folder is seen by it, and one that is about to sees it.
 * @returns undefined where another server is, also one that waits, or where the file system does not answer in time
 */
async function regain(before: Announced, kernel: string, options: DataLockOptions): Promise<Announced | undefined> {
  const over = new AbortController();
  const attempt = (async () => {
    const own = await announceAs(kernel, options);
    const isAlone = (await firstOther([own, before], kernel, options)) === undefined;
    // One that took the folder has removed the old file first, and may have ended since.
    const isUntouched = isAlone && (await exists(join(options.folder, before.name)));
    if (isUntouched && !over.signal.aborted) return own;
    await own.withdraw();
    return undefined;
  })().catch(() => undefined);
  const late = options.clock.delay(regainMs, over.signal).then(
    () => undefined,
    () => undefined,
  );
  return Promise.race([attempt, late]).finally(() => over.abort());
}

/** Waits until nobody else is there. False: it has made way for another one that waits, or its file is gone, and begins again. */
async function waitForOthers(own: Announced, kernel: string, options: DataLockOptions): Promise<boolean> {
  const { log, signal, onWait } = options;
  for (;;) {
    const other = await firstOther([own], kernel, options);
    if (other === undefined) return true;
    log.info({ server: other.name }, 'waiting for the previous server, which still uses the data folder');
    onWait?.();
    // Or two that began together would wait for each other.
    if (other.name < own.name) {
      await own.withdraw();
      await other.ended(signal);
      return false;
    }
    if (!(await endsBefore(other, own, signal))) {
      await own.withdraw();
      return false;
    }
  }
}

/** False: the file of this server, which waits, no longer shows that it lives. */
async function endsBefore(other: Other, own: Announced, signal: AbortSignal): Promise<boolean> {
  const over = new AbortController();
  const ended = other.ended(AbortSignal.any([signal, over.signal])).then(() => true);
  return Promise.race([ended, own.ended.then(() => false)]).finally(() => {
    ended.catch(() => {});
    over.abort();
  });
}

/** The first by name that lives, or may live. */
async function firstOther(
  own: readonly Announced[],
  kernel: string,
  options: DataLockOptions,
): Promise<Other | undefined> {
  const isOwn = (found: string) => own.some(({ name }) => name === found);
  const names = (await readdir(options.folder)).filter((name) => name.startsWith(`${prefix}.`) && !isOwn(name));
  for (const name of names.sort()) {
    const other = await findOther(name, kernel, options);
    if (other) return other;
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The same in every container of a node, until that boots again. */
async function kernelId(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return id.slice(0, 8) || Buffer.from(hostname()).toString('hex').slice(0, 8);
}
