import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { link, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Logger } from '../base/log.ts';

export interface DataLockOptions {
  /** Of the server, GITKUBE_DATA. */
  readonly folder: string;
  readonly log: Logger;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Called when another server has the folder, before it is waited for. */
  readonly onWait?: () => void;
}

/**
 * Sees to it that one server at a time works on a data folder: waits until the one before has ended. Kubernetes starts the
 * next pod as soon as one is deleted, while that still finishes its rollouts; the next one would take them for cut off and
 * put them back. The lock is a socket that the owner listens on, so the kernel frees it with the process, however that ends,
 * and whoever waits is told by the end of a connection. It holds between the pods of a node, which a volume that is
 * ReadWriteOnce is bound to.
 */
export async function lockDataFolder(options: DataLockOptions): Promise<AsyncDisposable> {
  const { folder, log, signal, onWait } = options;
  const path = join(folder, 'server.sock');
  for (;;) {
    signal.throwIfAborted();
    const owner = await reach(path);
    if (owner === undefined) {
      const lock = await take(path, log);
      if (lock !== undefined) return lock;
    } else {
      log.info('waiting for the server before this one, which still works on the data folder');
      onWait?.();
      await ended(owner, signal);
    }
  }
}

/** A connection to the server that has the folder. */
async function reach(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  return once(socket, 'connect').then(
    () => socket,
    () => undefined,
  );
}

async function ended(owner: Socket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener('abort', giveUp);
  // A reset is an end, too.
  owner.on('error', () => {}).on('close', () => resolve());
  owner.resume();
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', giveUp);
    owner.destroy();
  }
}

/** Undefined: another server was faster. */
async function take(path: string, log: Logger): Promise<AsyncDisposable | undefined> {
  const own = `${path}.${randomBytes(4).toString('hex')}`;
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket.on('error', () => {}).on('close', () => waiting.delete(socket)));
    socket.resume();
  });
  try {
    await once(server.listen(own), 'listening');
    // A link takes the name in one step, or not at all.
    if ((await claim(own, path)) || ((await removeStale(path, own)) && (await claim(own, path)))) {
      await rm(own, { force: true });
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }).then(() => close(server, waiting)) };
    }
    await close(server, waiting);
    return undefined;
  } catch (err) {
    server.close();
    log.warn({ err }, 'the data folder cannot be locked: see to it that no other server works on it');
    return { [Symbol.asyncDispose]: async () => {} };
  }
}

async function claim(own: string, path: string): Promise<boolean> {
  return link(own, path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
}

/** Removes the socket of a server that was killed: nobody listens there. False: somebody does. */
async function removeStale(path: string, own: string): Promise<boolean> {
  const owner = await reach(path);
  owner?.destroy();
  if (owner === undefined) await rename(path, `${own}.stale`).catch(() => {});
  await rm(`${own}.stale`, { force: true });
  return owner === undefined;
}

async function close(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const socket of waiting) socket.destroy();
  await closed;
}
