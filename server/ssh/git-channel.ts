import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import type { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { asTyped, refusalText } from '../commands/refusal.ts';
import type { GitProcess } from '../git/git-process.ts';

// A client with a huge window that stops reading would otherwise be buffered without end.
const MAX_BUFFERED_OUTPUT = 4 * 1024 * 1024;

/** How long a client may take to read why it was ended. */
const FAREWELL_MS = 5_000;

export interface GitClient {
  readonly socket: Socket;
  /** How the URL of a Remote looks. */
  readonly urlForm: string;
  /** That it pushes to. */
  readonly remote?: Pick<Remote, 'namespace' | 'name'> | undefined;
  /**
   * Aborts when the client has closed the session or its connection. The channel's own `close` comes only after all it has
   * sent was read, and git reads no more once it has the pack.
   */
  readonly left: AbortSignal;
  /** Whether git has the whole push. */
  readonly received: () => boolean;
  /** What the client gets of what git answers; unset: all, as it is. */
  readonly relay?: ((chunk: Buffer) => Buffer) | undefined;
  /** Milliseconds that output may wait for the client to read; unset: the service has a limit of its own. */
  readonly unreadMs?: number;
  /** Asked when the service has ended without an error: a line that follows what it said. */
  readonly lastLines?: (() => Promise<readonly string[] | undefined>) | undefined;
}

/**
 * Connects a git service with a client until both are done. When the client goes, or does not read, what it had sent decides:
 * a push that was received goes on to its end with its output thrown away, everything else is ended.
 */
export async function serve(service: GitProcess, channel: ServerChannel, client: GitClient): Promise<void> {
  const { left, received } = client;
  channel.on('data', (chunk: Buffer) => {
    if (!service.stdin.write(chunk)) {
      channel.pause();
      service.stdin.once('drain', () => channel.resume());
    }
  });
  channel.on('end', () => service.stdin.end());
  channel.on('error', () => {});
  const unread = () => {
    leave();
    channel.close();
  };
  const stopOut = forward(service.stdout, channel, client, unread, client.relay);
  const stopErr = forward(service.stderr, channel.stderr as unknown as Writable, client, unread);
  // Later it is builds that speak there, too.
  const hear = (chunk: Buffer) => void (received() || service.hear(chunk));
  for (const output of [service.stdout, service.stderr]) output.on('data', hear);

  const leave = () => {
    // ssh2 never calls back a write to a closed channel: without this the output would jam, and git with it.
    stopOut();
    stopErr();
    if (received()) service.stdin.end();
    else service.end();
  };
  if (left.aborted) leave();
  else left.addEventListener('abort', leave, { once: true });
  void service.gone.then(() => {
    if (!service.endedFor) return;
    // A client that does not read what git said last would keep the session, and the place of its key, for ever.
    stopOut();
    stopErr();
  });
  const code = await service.done;
  if (!channel.writable) return;
  const reason = service.endedFor ?? service.problem;
  if (reason)
    farewell(channel, asTyped(reason, client, { remote: client.remote, isPush: client.remote !== undefined }));
  else if (code === 0) await sayLast(channel, client);
  channel.exit(code);
  channel.end();
}

/** It goes past git, which has ended. Nobody misses it where it cannot be found out. */
async function sayLast(channel: ServerChannel, { lastLines }: GitClient): Promise<void> {
  const lines = await lastLines?.().catch(() => undefined);
  if (lines !== undefined && channel.writable) channel.stderr.write(lines.map((line) => `${line}\n`).join(''));
}

/** git's own words about a connection that broke off come after these. Who does not read them has to go all the same. */
function farewell(channel: ServerChannel, reason: GitkubeError): void {
  channel.stderr.write(refusalText(reason));
  const timer = setTimeout(() => channel.close(), FAREWELL_MS).unref();
  channel.once('close', () => clearTimeout(timer));
}

/**
 * Copies with back-pressure from the SSH window and from TCP; returns what turns the copying into draining.
 * @param unread called when the client has not read for too long
 */
function forward(
  from: Readable,
  to: Writable,
  { socket, unreadMs }: GitClient,
  unread: () => void,
  relay = (chunk: Buffer) => chunk,
): () => void {
  let open = true;
  let late: NodeJS.Timeout | undefined;
  const resume = () => {
    if (open && socket.writableLength > MAX_BUFFERED_OUTPUT) return void socket.once('drain', resume);
    clearTimeout(late);
    from.resume();
  };
  from.on('data', (chunk: Buffer) => {
    if (!open) return;
    // All that the stream keeps takes a slow client minutes: it has its time for each chunk.
    const more = to.write(relay(chunk), () => void late?.refresh());
    if (more && socket.writableLength <= MAX_BUFFERED_OUTPUT) return;
    from.pause();
    if (unreadMs !== undefined) late = setTimeout(unread, unreadMs);
    if (more) resume();
    else to.once('drain', resume);
  });
  return () => {
    open = false;
    clearTimeout(late);
    from.resume();
  };
}
