import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import type { GitService } from '../git/service.ts';

// ssh2 lets a client overrun its 2 MiB window and buffers what it sends (mscdex/ssh2#1505).
const MAX_BUFFERED_INPUT = 8 * 1024 * 1024;
// A client with a huge window that stops reading would otherwise be buffered without end.
const MAX_BUFFERED_OUTPUT = 4 * 1024 * 1024;

/**
 * Connects a git service with a client until both are done. When the client goes, what it had sent decides: a push that
 * was received goes on to its end with its output thrown away, everything else is ended.
 * @param received whether git has the whole push
 */
export async function serve(
  service: GitService,
  channel: ServerChannel,
  socket: Socket,
  received: () => boolean,
): Promise<void> {
  channel.on('data', (chunk: Buffer) => {
    if (channel.readableLength > MAX_BUFFERED_INPUT) socket.destroy();
    if (!service.stdin.write(chunk)) {
      channel.pause();
      service.stdin.once('drain', () => channel.resume());
    }
  });
  channel.on('end', () => service.stdin.end());
  channel.on('error', () => {});
  const stopOut = forward(service.stdout, channel, socket);
  const stopErr = forward(service.stderr, channel.stderr as unknown as Writable, socket);

  channel.on('close', () => {
    // ssh2 never calls back a write to a closed channel: without this the output would jam, and git with it.
    stopOut();
    stopErr();
    if (received()) service.stdin.end();
    else service.end();
  });
  const code = await service.done;
  if (channel.writable) {
    channel.exit(code);
    channel.end();
  }
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
