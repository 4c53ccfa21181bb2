import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rig } from './rig.ts';

/** Where a build or a container stops until a test lets it go on, however long either of them takes to get there. */
export class Gate implements AsyncDisposable {
  /** A shell command that succeeds once the gate is open; no two gates have the same, so that no build is cached. */
  readonly pass: string;
  /** Resolves when somebody stands before it. */
  readonly reached: Promise<void>;
  readonly #server: Server;
  readonly #waiting = new Set<ServerResponse>();
  #isOpen = false;
  #came = Promise.withResolvers<void>();

  private constructor(server: Server) {
    const { address, port } = server.address() as AddressInfo;
    this.pass = `wget -q -O /dev/null http://${address}:${port}/${randomBytes(4).toString('hex')}`;
    this.reached = this.#came.promise;
    this.#server = server.on('request', (_, response: ServerResponse) => {
      if (this.#isOpen) response.end('open');
      else this.#waiting.add(response.on('close', () => this.#waiting.delete(response)));
      this.#came.resolve();
    });
  }

  /** A gate that is closed. */
  static async make(): Promise<Gate> {
    const server = createServer().listen(0, rig().hostAddress);
    await once(server, 'listening');
    return new Gate(server);
  }

  /** How many stand before it. */
  get waiting(): number {
    return this.#waiting.size;
  }

  open(): void {
    this.#isOpen = true;
    for (const response of this.#waiting) response.end('open');
  }

  /** Closes it again. Resolves when somebody stands before it from now on. */
  shut(): Promise<void> {
    this.#isOpen = false;
    this.#came = Promise.withResolvers<void>();
    return this.#came.promise;
  }

  /** Who still waits is sent away. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
