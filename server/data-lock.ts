import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Logger } from '../base/log.ts';
import { untilAborted } from '../base/until-aborted.ts';

export interface DataLockOptions {
  /** Of the server, GITKUBE_DATA. */
  readonly folder: string;
  readonly log: Logger;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Called when another server has the folder, before it is waited for. */
  readonly onWait?: () => void;
}

/** Of the sockets: what waits or works has one of its own, so that nobody removes one that is in use. */
const prefix = 'server.sock';
/** As long as that: where it fits into the path of a socket, which has 108 bytes, the other one does, too. */
const draft = 'server.next';
const cannotAsk = 'a server in the data folder cannot be asked: see to it that no other one works there';

/**
 * Sees to it that one server at a time works on a data folder: waits until the one before has ended. Kubernetes starts the
 * next pod as soon as one is deleted, while that still finishes its rollouts; the next one would take them for cut off and
 * put them back. Who wants the folder listens on a socket in it, then looks for others: of two, at least one sees the other.
 * The kernel closes the socket with the process, however that ends, and whoever waits is told by the end of a connection. It
 * holds between the pods of a node, which a volume that is ReadWriteOnce is bound to.
 */
export async function lockDataFolder(options: DataLockOptions): Promise<AsyncDisposable> {
  for (;;) {
    options.signal.throwIfAborted();
    const own = await announce(options);
    if (own === undefined) return { [Symbol.asyncDispose]: async () => {} };
    try {
      if (await outlast(own, options)) return { [Symbol.asyncDispose]: own.withdraw };
    } catch (error) {
      await own.withdraw();
      throw error;
    }
  }
}

interface Announced {
  readonly name: string;
  readonly withdraw: () => Promise<void>;
}

/** Undefined: the folder takes no sockets. */
async function announce({ folder, log }: DataLockOptions): Promise<Announced | undefined> {
  const id = randomBytes(4).toString('hex');
  const name = `${prefix}.${id}`;
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket.on('error', () => {}).on('close', () => waiting.delete(socket)));
    socket.resume();
  });
  try {
    // Under its name it is seen only when it answers, or it would be taken for that of a server that was killed.
    await once(server.listen(join(folder, `${draft}.${id}`)), 'listening');
    await rename(join(folder, `${draft}.${id}`), join(folder, name));
    return { name, withdraw: () => rm(join(folder, name), { force: true }).then(() => close(server, waiting)) };
  } catch (err) {
    server.close();
    log.warn({ err }, 'the data folder cannot be locked: see to it that no other server works on it');
    return undefined;
  }
}

/** Waits until nobody else is there. False: it has made way for another one that waits, and has to begin again. */
async function outlast(own: Announced, { folder, log, signal, onWait }: DataLockOptions): Promise<boolean> {
  for (;;) {
    const other = await findOther(folder, own.name, log);
    if (other === undefined) return true;
    log.info('waiting for the server before this one, which still works on the data folder');
    onWait?.();
    // Or two that began together would wait for each other.
    const makesWay = other.name < own.name;
    if (makesWay) await own.withdraw();
    await wait(other, signal);
    if (makesWay) return false;
  }
}

interface Other {
  readonly name: string;
  readonly socket: Socket;
  readonly ended: Promise<void>;
}

/** The first by name that lives. Removes what servers that were killed have left. */
async function findOther(folder: string, own: string, log: Logger): Promise<Other | undefined> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix) && name !== own);
  for (const name of names.sort()) {
    const socket = connect(join(folder, name)).resume();
    // A reset is an end, too.
    let failure: NodeJS.ErrnoException | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    const connected = new Promise<boolean>((resolve) => socket.on('connect', () => resolve(true)));
    if (await Promise.race([connected, ended])) return { name, socket, ended };
    if (failure?.code === 'ECONNREFUSED') await rm(join(folder, name), { force: true });
    else if (failure?.code !== 'ENOENT') log.warn({ err: failure, name }, cannotAsk);
  }
  return undefined;
}

async function wait({ socket, ended }: Other, signal: AbortSignal): Promise<void> {
  await untilAborted(ended, signal).finally(() => socket.destroy());
}

async function close(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  for (const socket of waiting) socket.destroy();
  await closed;
}
