import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The socket of an engine that can be made to look frozen, or stopped. Frozen it takes connections, and no byte goes on. */
export class FreezableEngine implements AsyncDisposable {
  /** `unix:///path`. */
  readonly host: string;
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<Socket>();
  #frozen = false;
  #builds = 0;

  private constructor(server: Server, folder: string, engine: string) {
    this.host = `unix://${folder}/docker.sock`;
    this.#folder = folder;
    this.#server = server.on('connection', (client: Socket) => {
      const upstream = connect(engine.replace('unix://', ''));
      client.on('data', (chunk: Buffer) => {
        if (/^POST \S*\/build\?/.test(chunk.toString('latin1', 0, 100))) this.#builds++;
      });
      this.#clients.add(client);
      for (const event of ['end', 'close']) client.on(event, () => this.#clients.delete(client));
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => {}).on('close', () => this.#sockets.delete(from));
        from.on('data', (chunk) => this.#frozen || to.write(chunk));
        from.on('close', () => to.destroy());
        from.on('end', () => to.end());
      }
    });
  }

  static async start(engine: string): Promise<FreezableEngine> {
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-frozen-'));
    const server = createServer({ allowHalfOpen: true }).listen(join(folder, 'docker.sock'));
    await once(server, 'listening');
    return new FreezableEngine(server, folder, engine);
  }

  /** Those that their client has not ended: what the engine itself does not end is its own. */
  get connections(): number {
    return this.#clients.size;
  }

  /** How many builds were asked for. */
  get builds(): number {
    return this.#builds;
  }

  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** What came until now goes on. */
  thaw(): void {
    this.#frozen = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Its socket is gone, and so is every connection. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async start(): Promise<void> {
    this.#server.listen(join(this.#folder, 'docker.sock'));
    await once(this.#server, 'listening');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
