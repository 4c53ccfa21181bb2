import { once } from 'node:events';
import { chmod, rename, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { again } from '../../base/again.ts';
import { GitkubeError } from '../../base/errors.ts';
import { withShortPath } from '../short-path.ts';
import { type ClientOptions, ClientSession } from './client-session.ts';
import { socketName } from './frames.ts';

export interface SocketServerOptions extends ClientOptions {
  /** GITKUBE_DATA, which is locked: no other server works on it. */
  readonly folder: string;
}

/** Under its name it is seen only when nobody else may connect with it. */
const draftName = 'commands.next';

/**
 * Each has a relay in the container of the server, a Node of some 30 MB of its own: 10 of them leave the server two thirds of the
 * 1 Gi that the chart gives them together. What goes over that is killed, with the server and its rollouts.
 */
const maxClients = 10;

/** Takes commands of those who may run a program where the server runs: `gitkube remote`, through the API server. */
export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #clients = new Set<Socket>();
  /** Of `#clients`: those with a command. A refused one takes no room. */
  #served = 0;
  readonly #server: Server;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#take(socket));
  }

  /** @returns false: the folder takes no sockets, so there are no commands */
  async listen(): Promise<boolean> {
    const { folder, log } = this.#options;
    const draft = join(folder, draftName);
    try {
      // What a server that was killed has left.
      await rm(draft, { force: true });
      await withShortPath(folder, draftName, (path) => once(this.#server.listen(path), 'listening'));
      await chmod(draft, 0o600);
      await rename(draft, join(folder, socketName));
    } catch (err) {
      this.#server.close();
      log.warn({ err }, 'the data folder takes no socket: gitkube remote has no commands of this server');
      return false;
    }
    // A connection that cannot be accepted, for want of file descriptors, is no reason to end the server.
    this.#server.on('error', (err) => log.warn({ err }, 'a command was not accepted'));
    return true;
  }

  /**
   * Takes no new client, and ends those that are there once their command has ended. Never rejects.
   * @param farewellMs how long that may take
   */
  async close(farewellMs: number): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const { folder, log } = this.#options;
    await rm(join(folder, socketName), { force: true }).catch((err) => log.warn({ err }, 'the socket was not deleted'));
    const timer = setTimeout(() => {
      for (const client of this.#clients) client.destroy();
    }, farewellMs);
    await closed;
    clearTimeout(timer);
  }

  #take(socket: Socket): void {
    const isBusy = this.#served >= maxClients;
    if (!isBusy) this.#served++;
    this.#clients.add(socket);
    socket.once('close', () => {
      if (!isBusy) this.#served--;
      this.#clients.delete(socket);
    });
    new ClientSession(socket, this.#options, isBusy ? tooMany() : undefined);
  }
}

function tooMany(): GitkubeError {
  return new GitkubeError('ServerBusy', `${maxClients} commands of gitkube remote are under way`, {
    hint: `${again} once one of them has ended`,
  });
}
