import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import type { GitkubeError } from '../../base/errors.ts';
import type { GitService } from '../git/service.ts';
import { refusalText } from './refusal.ts';

// A client with a huge window that stops reading would otherwise be buffered without end.
const MAX_BUFFERED_OUTPUT = 4 * 1024 * 1024;

/** How long a client may take to read why it was ended. */
const FAREWELL_MS = 5_000;

/**
 * Connects a git service with a client until both are done. When the client goes, what it had sent decides: a push that
 * was received goes on to its end with its output thrown away, everything else is ended.
 * @param left aborts when the client has closed the session or its connection. The channel's own `close` comes only
 * after all it has sent was read, and git reads no more once it has the pack.
 * @param received whether git has the whole push
 */
export async function serve(
  service: GitService,
  channel: ServerChannel,
  socket: Socket,
  left: AbortSignal,
  received: () => boolean,
): Promise<void> {
  channel.on('data', (chunk: Buffer) => {
    if (!service.stdin.write(chunk)) {
      channel.pause();
      service.stdin.once('drain', () => channel.resume());
    }
  });
  channel.on('end', () => service.stdin.end());
  channel.on('error', () => {});
  const stopOut = forward(service.stdout, channel, socket);
  const stopErr = forward(service.stderr, channel.stderr as unknown as Writable, socket);

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
  if (service.endedFor) farewell(channel, service.endedFor);
  channel.exit(code);
  channel.end();
}

/** git's own words about a connection that broke off come after these. Who does not read them has to go all the same. */
function farewell(channel: ServerChannel, reason: GitkubeError): void {
  channel.stderr.write(refusalText(reason));
  const timer = setTimeout(() => channel.close(), FAREWELL_MS).unref();
  channel.once('close', () => clearTimeout(timer));
}

/** Copies with back-pressure from the SSH window and from TCP; returns what turns the copying into draining. */
function forward(from: Readable, to: Writable, socket: Socket): () => void {
  let open = true;
  const resume = () => {
    if (open && socket.writableLength > MAX_BUFFERED_OUTPUT) socket.once('drain', resume);
    else from.resume();
  };
  from.on('data', (chunk: Buffer) => {
    if (!open) return;
    const more = to.write(chunk);
    if (more && socket.writableLength <= MAX_BUFFERED_OUTPUT) return;
    from.pause();
    if (more) resume();
    else to.once('drain', resume);
  });
  return () => {
    open = false;
    from.resume();
  };
}
