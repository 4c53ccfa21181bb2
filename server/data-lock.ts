import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { findOther, type Other } from './data-lock-others.ts';
import { type Announced, announce, prefix } from './data-lock-own.ts';

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
 * @throws ConfigInvalid where there can be no such file
 */
export async function lockDataFolder(options: DataLockOptions): Promise<AsyncDisposable> {
  const kernel = options.kernel ?? (await kernelId());
  for (;;) {
    options.signal.throwIfAborted();
    const own = await announce(options, `${prefix}.${kernel}.${randomBytes(4).toString('hex')}`);
    try {
      if (await waitForOthers(own, kernel, options)) return { [Symbol.asyncDispose]: own.withdraw };
    } catch (error) {
      await own.withdraw();
      throw error;
    }
  }
}

/** Waits until nobody else is there. False: it has made way for another one that waits, and has to begin again. */
async function waitForOthers(own: Announced, kernel: string, options: DataLockOptions): Promise<boolean> {
  const { log, signal, onWait } = options;
  for (;;) {
    const other = await firstOther(own.name, kernel, options);
    if (other === undefined) return true;
    log.info({ server: other.name }, 'waiting for the previous server, which still uses the data folder');
    onWait?.();
    // Or two that began together would wait for each other.
    const makesWay = other.name < own.name;
    if (makesWay) await own.withdraw();
    await other.ended(signal);
    if (makesWay) return false;
  }
}

/** The first by name that lives, or may live. */
async function firstOther(own: string, kernel: string, options: DataLockOptions): Promise<Other | undefined> {
  const names = (await readdir(options.folder)).filter((name) => name.startsWith(`${prefix}.`) && name !== own);
  for (const name of names.sort()) {
    const other = await findOther(name, kernel, options);
    if (other) return other;
  }
  return undefined;
}

/** The same in every container of a node, until that boots again. */
async function kernelId(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return id.slice(0, 8) || Buffer.from(hostname()).toString('hex').slice(0, 8);
}
