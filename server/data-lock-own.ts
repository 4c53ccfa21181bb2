import { once } from 'node:events';
import { rename, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import { withShortPath } from './short-path.ts';

/** Of the files: what waits or works has one of its own, so that nobody removes one that is in use. */
export const prefix = 'server.sock';
const draftPrefix = 'server.next';

/** How often a server shows that it lives. */
const touchMs = 5000;
/** After this it gives up: before anybody else may take it for dead, and with time for the end of its process. */
const giveUpMs = 20_000;
/** Another server may take it for dead after this. */
export const deadMs = 30_000;
/** A process that wakes up so long after the time that it set was suspended: its file system need not be at fault. */
const lateMs = 1000;

/** `suspended`: nobody may have noticed. `lost`: another server may work on the folder from now on. */
export type End =
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'lost'; readonly why: string };

export interface Announced {
  readonly name: string;
  /** Resolves when the file no longer shows that this server lives. */
  readonly ended: Promise<End>;
  readonly withdraw: () => Promise<void>;
}

export interface AnnounceOptions {
  readonly folder: string;
  readonly clock: Clock;
}

/** A file of this name, a socket where the folder takes one. @throws ConfigInvalid */
export async function announce(options: AnnounceOptions, name: string): Promise<Announced> {
  const { folder, clock } = options;
  // Under its name it is seen only when it answers, or it would be taken for that of a server that was killed.
  const draft = name.replace(prefix, draftPrefix);
  const server = await listenIn(folder, draft);
  try {
    if (!server) await writeFile(join(folder, draft), '');
    await rename(join(folder, draft), join(folder, name));
  } catch (cause) {
    await server?.close();
    throw unlockable(folder, cause);
  }
  const stop = new AbortController();
  const ended = keepTouched(join(folder, name), clock, stop.signal);
  const withdraw = async () => {
    stop.abort();
    await ended;
    await rm(join(folder, name), { force: true });
    await server?.close();
  };
  return { name, ended, withdraw };
}

/** Until the signal, or until the file is removed or could not be touched for long. */
async function keepTouched(path: string, clock: Clock, signal: AbortSignal): Promise<End> {
  let touched = clock.monotonic();
  let failure: string | undefined;
  const left = () => touched + giveUpMs - clock.monotonic();
  while (failure !== 'ENOENT' && left() > 0) {
    await clock.delay(Math.min(touchMs, left()), signal).catch(() => {});
    if (signal.aborted) return { kind: 'withdrawn' };
    const begun = clock.monotonic();
    if (left() > 0) failure = await touchWithin(left(), path, clock, signal);
    if (signal.aborted) return { kind: 'withdrawn' };
    if (failure === undefined && left() > 0) touched = begun;
  }
  if (failure === 'ENOENT') return { kind: 'lost', why: 'another server has taken over' };
  if (left() < -lateMs) return { kind: 'suspended' };
  return { kind: 'lost', why: `its file cannot be written (${failure ?? 'no answer'})` };
}

/** @returns why it failed; a file system that hangs never answers */
async function touchWithin(ms: number, path: string, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
  const done = new AbortController();
  const late = clock.delay(ms, AbortSignal.any([signal, done.signal])).then(
    () => 'no answer',
    () => 'stopped',
  );
  return Promise.race([touch(path), late]).finally(() => done.abort());
}

/** @returns why it failed */
async function touch(path: string): Promise<string | undefined> {
  try {
    const now = new Date();
    await utimes(path, now, now);
    return undefined;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

interface Listening {
  close(): Promise<void>;
}

/** Undefined: the folder takes no sockets. */
async function listenIn(folder: string, name: string): Promise<Listening | undefined> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket.on('error', () => {}).on('close', () => waiting.delete(socket)));
    socket.resume();
  });
  try {
    await withShortPath(folder, name, (path) => once(server.listen(path), 'listening'));
    // A connection that cannot be accepted, for want of file descriptors, is no reason to end the server.
    server.on('error', () => {});
    return { close: () => close(server, waiting) };
  } catch {
    server.close();
    return undefined;
  }
}

async function close(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  for (const socket of waiting) socket.destroy();
  await closed;
}

function unlockable(folder: string, cause: unknown): GitkubeError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  return new GitkubeError('ConfigInvalid', `GITKUBE_DATA: the folder ${folder} cannot be locked (${code})`, {
    hint: 'the file system has to let the server create and rename files',
    cause,
  });
}

export function lost(why: string): GitkubeError {
  return new GitkubeError('ConfigInvalid', `this server has lost the data folder: ${why}`, {
    hint: 'make sure that no other server uses the same volume',
  });
}
