import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Client = Pick<Socket, 'remoteAddress' | 'remotePort'>;

/** Without a token that is right. */
const maxOfSource = 20;
const maxWaiting = 100;
/** After that it makes room for a new one: behind a NAT, a whole team has the address of the one that keeps them. */
const patienceMs = 2000;

interface Waiting {
  readonly source: string;
  readonly since: number;
  readonly socket: Socket;
}

/**
 * The connections of a server, from their first packet on. One without a right token counts against its source, so that a host
 * which only connects cannot close the door to others.
 */
export class Connections {
  readonly #isProxy: (address: string) => boolean;
  readonly #sockets = new Set<Socket>();
  /** By client, the oldest first. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #busy = new Map<string, ServerResponse>();

  /** @param isProxy all connections of many clients may come from there */
  constructor(server: Server, isProxy: (address: string) => boolean) {
    this.#isProxy = isProxy;
    server.on('connection', (socket: Socket) => this.#take(socket));
  }

  /** It has shown a right token. */
  admit(client: Client): void {
    this.#waiting.delete(keyOf(client));
  }

  /**
   * One request at a time: of those that wait behind another one nobody would hear that their client has left.
   * @returns false: another one is under way
   */
  async begin(client: Client, response: ServerResponse): Promise<boolean> {
    const key = keyOf(client);
    const before = this.#busy.get(key);
    // Over TLS the last bytes may have an answer from the client before they count as written.
    if (before?.writableEnded && !before.closed) await once(before, 'close');
    if (this.#busy.has(key)) return false;
    this.#busy.set(key, response);
    response.once('close', () => this.#busy.get(key) === response && this.#busy.delete(key));
    return true;
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #take(socket: Socket): void {
    const source = socket.remoteAddress ?? '';
    const counts = !this.#isProxy(source);
    if (counts && !this.#hasRoom(source)) return void socket.destroy();
    const key = keyOf(socket);
    this.#sockets.add(socket);
    if (counts) this.#waiting.set(key, { source, since: performance.now(), socket });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#waiting.delete(key);
      this.#busy.delete(key);
    });
  }

  /** Whether there is a place for one more of this source, or was one made. */
  #hasRoom(source: string): boolean {
    const ofSource = [...this.#waiting].filter(([, waiting]) => waiting.source === source);
    const sourceIsFull = ofSource.length >= maxOfSource;
    if (!sourceIsFull && this.#waiting.size < maxWaiting) return true;
    const [oldest] = sourceIsFull ? ofSource : this.#waiting;
    if (!oldest || performance.now() - oldest[1].since < patienceMs) return false;
    this.#waiting.delete(oldest[0]);
    oldest[1].socket.destroy();
    return true;
  }
}

/** That of TLS has the same as that of TCP below it. */
function keyOf({ remoteAddress = '', remotePort = 0 }: Client): string {
  return `${remoteAddress} ${remotePort}`;
}
