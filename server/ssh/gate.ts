import { createServer, type Server, type Socket } from 'node:net';
import { GitkubeError } from '../../base/errors.ts';

export interface GateLimits {
  /** Milliseconds from the TCP connection to a verified key. */
  readonly loginGraceMs: number;
  /** Connections without a verified key, in total and per source address. */
  readonly maxUnauthenticated: number;
  readonly maxUnauthenticatedPerSource: number;
  readonly maxConnections: number;
}

/** One TCP connection, from accept on. */
export interface GateTicket {
  readonly socket: Socket;
  /** Called once a key is verified: ends the login timer and frees the place of the unauthenticated. */
  admit(): void;
}

/**
 * The door in front of ssh2, which has no login timer, sees a connection only after its identification line and keeps
 * silent ones for ever (mscdex/ssh2). Here every socket counts from its first packet.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #onConnection: (socket: Socket) => void;
  readonly #server: Server;
  readonly #tickets = new Map<string, GateTicket>();
  readonly #sockets = new Set<Socket>();
  readonly #unauthenticated = new Map<string, number>();
  #unauthenticatedTotal = 0;

  constructor(limits: GateLimits, onConnection: (socket: Socket) => void) {
    this.#limits = limits;
    this.#onConnection = onConnection;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = limits.maxConnections;
  }

  /**
   * @returns the port, which was chosen by the system when `port` is 0
   * @throws ConfigInvalid
   */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const refused = (error: Error) => reject(cannotListen(host, port, error));
      this.#server.once('error', refused);
      this.#server.listen(port, host, () => {
        this.#server.off('error', refused);
        // A connection that cannot be accepted, for want of file descriptors, is no reason to end the server.
        this.#server.on('error', () => {});
        const address = this.#server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** The connection that ssh2 reports by address and port. */
  ticket(address: string, port: number): GateTicket | undefined {
    return this.#tickets.get(`${address} ${port}`);
  }

  /** Takes no new connection; resolves when the last one is gone. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {});
    const source = socket.remoteAddress ?? '';
    const fromSource = this.#unauthenticated.get(source) ?? 0;
    const full =
      this.#unauthenticatedTotal >= this.#limits.maxUnauthenticated ||
      fromSource >= this.#limits.maxUnauthenticatedPerSource;
    if (full) return void socket.destroy();

    this.#count(source, 1);
    let waiting = true;
    const settle = () => {
      if (!waiting) return;
      waiting = false;
      clearTimeout(timer);
      this.#count(source, -1);
    };
    const timer = setTimeout(() => socket.destroy(), this.#limits.loginGraceMs);
    const key = `${source} ${socket.remotePort}`;
    this.#sockets.add(socket);
    this.#tickets.set(key, { socket, admit: settle });
    socket.once('close', () => {
      settle();
      this.#sockets.delete(socket);
      this.#tickets.delete(key);
    });
    this.#onConnection(socket);
  }

  #count(source: string, by: 1 | -1): void {
    const fromSource = (this.#unauthenticated.get(source) ?? 0) + by;
    if (fromSource === 0) this.#unauthenticated.delete(source);
    else this.#unauthenticated.set(source, fromSource);
    this.#unauthenticatedTotal += by;
  }
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): GitkubeError {
  const taken = cause.code === 'EADDRINUSE' ? 'another program listens there' : `${cause.code}`;
  return new GitkubeError('ConfigInvalid', `cannot listen on ${host} port ${port}: ${taken}`, {
    hint: 'GITKUBE_SSH_LISTEN or --listen sets address and port',
    cause,
  });
}
