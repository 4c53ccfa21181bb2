import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Passage {
  readonly client: Socket;
  readonly server: Socket;
  /** Bytes of the client. */
  bytes: number;
}

/** In front of the SSH port of a server: holds what a client sends, or lets both sides believe that the other one is silent. */
export class Door implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  #hold: { readonly bytes: number; readonly reached: () => void } | undefined;
  #isFrozen = false;

  private constructor(server: Server, port: () => number) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server.on('connection', (client: Socket) => this.#let(client, port()));
  }

  /** @param port of the server, asked for with each connection */
  static async start(port: () => number): Promise<Door> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Door(server, port);
  }

  get connections(): number {
    return this.#passages.size;
  }

  /** Resolves when a client has sent so many bytes; nothing more of it goes on until `release`. */
  hold(bytes: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#hold = { bytes, reached: resolve };
    return promise;
  }

  release(): void {
    if (!this.#isFrozen) for (const { client } of this.#passages) client.resume();
  }

  /** On connections that are open nothing goes on any more, in both directions, and no end of either side. */
  freeze(): void {
    this.#isFrozen = true;
    for (const { client, server } of this.#passages) for (const socket of [client, server]) socket.pause();
  }

  /** As a network that has forgotten them: both sides learn that. */
  cut(): void {
    this.#isFrozen = false;
    for (const { client, server } of this.#passages) for (const socket of [client, server]) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #let(client: Socket, port: number): void {
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const passage: Passage = { client, server, bytes: 0 };
    this.#passages.add(passage);
    client.on('data', (chunk) => {
      server.write(chunk);
      passage.bytes += chunk.length;
      if (this.#hold && passage.bytes >= this.#hold.bytes) this.#holdBack(client);
    });
    server.on('data', (chunk) => client.write(chunk));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => {}).on('end', () => to.end());
      from.on('close', () => {
        to.destroySoon();
        this.#passages.delete(passage);
      });
    }
  }

  #holdBack(client: Socket): void {
    client.pause();
    this.#hold?.reached();
    this.#hold = undefined;
  }
}
