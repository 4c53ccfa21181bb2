import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { withShortPath } from '../server/short-path.ts';
import { socketName } from '../server/socket/frames.ts';
import type { Io } from './io.ts';

/** The exit code when there is no server to connect with: EX_TEMPFAIL of sysexits.h. */
export const relayExit = 75;

/** Where the image keeps its data. */
const usualFolder = '/var/lib/gitkube';

/**
 * `gitkube __relay`, which `gitkube remote` runs in the pod of the server: connects stdin and stdout with the socket of the
 * server. It knows nothing of what is said: a newer program and an older one understand each other, or say why not.
 */
export async function relay({ env, stdin, stdout, note }: Io): Promise<number> {
  const socket = await connectTo(env.GITKUBE_DATA ?? usualFolder).catch((error: NodeJS.ErrnoException) => {
    note(`no server listens in the data folder (${error.code ?? error.message})`);
    return undefined;
  });
  if (!socket) return relayExit;
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  socket.pipe(stdout);
  stdin.pipe(socket, { end: false });
  // The program at the other end has gone, whatever it was about to send.
  stdin.once('end', () => socket.destroy());
  await closed;
  stdin.destroy();
  return 0;
}

async function connectTo(folder: string): Promise<Socket> {
  return withShortPath(folder, socketName, async (path) => {
    const socket = connect(path);
    await once(socket, 'connect');
    return socket;
  });
}
