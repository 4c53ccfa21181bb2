import { rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { untilAborted } from '../base/until-aborted.ts';
import { deadMs, prefix } from './data-lock-own.ts';
import { withShortPath } from './short-path.ts';

/** A server that lives, or may live. */
export interface Other {
  readonly name: string;
  /** Resolves when it has ended; rejects with the reason of the signal. */
  ended(signal: AbortSignal): Promise<void>;
}

export interface OthersOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often it is looked whether another one shows that it lives. */
const lookMs = 2000;

/** The server behind a file of the folder. Undefined: it has ended; what it left is removed. */
export async function findOther(name: string, kernel: string, options: OthersOptions): Promise<Other | undefined> {
  const { folder } = options;
  const answer = await ask(folder, name);
  if (answer.kind === 'lives') return { name, ended: answer.ended };
  if (answer.code === 'ENOENT') return undefined;
  const isHere = name.startsWith(`${prefix}.${kernel}.`);
  // It ended while it was asked: the next answer is that of a process that is gone.
  if (isHere && answer.code === 'ECONNRESET') return findOther(name, kernel, options);
  const path = join(folder, name);
  // On this kernel a socket that nobody listens on is one of a process that is gone.
  if (isHere && answer.code === 'ECONNREFUSED' && (await isSocket(path))) {
    await rm(path, { force: true });
    return undefined;
  }
  return { name, ended: (signal) => untilSilent(path, options, signal) };
}

type Answer =
  | { readonly kind: 'lives'; readonly ended: (signal: AbortSignal) => Promise<void> }
  | { readonly kind: 'silent'; readonly code: string };

async function ask(folder: string, name: string): Promise<Answer> {
  return withShortPath(folder, name, async (path) => {
    const socket = connect(path).resume();
    let code = 'closed';
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? code;
    });
    // A reset is an end, too.
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    const connected = new Promise<boolean>((resolve) => socket.on('connect', () => resolve(true)));
    if (!(await Promise.race([connected, closed]))) return { kind: 'silent', code };
    const ended = (signal: AbortSignal) => untilAborted(closed, signal).finally(() => socket.destroy());
    return { kind: 'lives', ended };
  });
}

async function isSocket(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isSocket(),
    () => false,
  );
}

/**
 * Until the file is gone, or was not touched before our eyes for so long that its server is dead; then it is removed. The time
 * in it is one of another machine: what counts is that it changes.
 */
async function untilSilent(path: string, { clock, log }: OthersOptions, signal: AbortSignal): Promise<void> {
  log.info({ path }, 'a server on another node, or one that does not answer, may use the data folder');
  let seen = await touchedAt(path);
  let since = clock.monotonic();
  while (seen !== undefined) {
    await clock.delay(lookMs, signal);
    const now = await touchedAt(path);
    if (now !== seen) since = clock.monotonic();
    else if (clock.monotonic() - since > deadMs) return rm(path, { force: true });
    seen = now;
  }
}

/** Undefined: it is gone. @throws what else keeps it from being seen: then nobody can know */
async function touchedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
