import { createServer, type Server, type Socket } from 'node:net';
import { GitkubeError } from '../../base/errors.ts';
import { AuthThrottle, type ThrottleLimits } from './auth-throttle.ts';

export interface ConnectionLimits {
  /** Milliseconds from the TCP connection to a verified key. */
  readonly loginGraceMs: number;
  /** Connections without a verified key, in total and per source address. */
  readonly maxUnauthenticated: number;
  readonly maxUnauthenticatedPerSource: number;
  readonly maxConnections: number;
  /** Milliseconds after which a connection without a verified key makes room for a new one. */
  readonly patienceMs: number;
  readonly throttle: ThrottleLimits;
}

/** One TCP connection, from accept on. */
export interface ConnectionTicket {
  readonly socket: Socket;
  /** Called once a key is verified: ends the login timer and frees the place of the unauthenticated. */
  admit(): void;
  /** Called when the connection is over, keys were shown and none was verified. */
  refuse(): void;
  /** Milliseconds that a key which is not known waits for that answer. */
  readonly refusalDelayMs: number;
}

/** One that has shown no key yet. */
interface Waiting {
  readonly source: string;
  readonly since: number;
  readonly leave: () => void;
}

/**
 * The door in front of ssh2, which has no login timer, sees a connection only after its identification line and keeps
 * silent ones for ever (mscdex/ssh2). Here every socket counts from its first packet. When there is no place left the one
 * that has shown no key for longest makes room, because behind a load balancer or a NAT a whole team has the address of
 * the one that keeps them; a login takes less than that patience.
 */
export class ConnectionLimiter {
  readonly #limits: ConnectionLimits;
  readonly #onConnection: (socket: Socket) => void;
  readonly #server: Server;
  readonly #throttle: AuthThrottle;
  readonly #tickets = new Map<string, ConnectionTicket>();
  readonly #sockets = new Set<Socket>();
  /** Oldest first. */
  readonly #waiting = new Set<Waiting>();

  constructor(limits: ConnectionLimits, onConnection: (socket: Socket) => void) {
    this.#limits = limits;
    this.#onConnection = onConnection;
    this.#throttle = new AuthThrottle(limits.throttle);
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
  ticket(address: string, port: number): ConnectionTicket | undefined {
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
    if (!this.#hasRoom(source)) return void socket.destroy();
    const leave = () => socket.destroy();
    const timer = setTimeout(leave, this.#limits.loginGraceMs);
    const waiting: Waiting = { source, since: performance.now(), leave };
    this.#waiting.add(waiting);
    const settle = () => {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    };
    const key = `${source} ${socket.remotePort}`;
    this.#sockets.add(socket);
    this.#tickets.set(key, this.#ticketFor(socket, source, settle));
    socket.once('close', () => {
      settle();
      this.#sockets.delete(socket);
      this.#tickets.delete(key);
    });
    this.#onConnection(socket);
  }

  #ticketFor(socket: Socket, source: string, settle: () => void): ConnectionTicket {
    const throttle = this.#throttle;
    return {
      socket,
      admit: () => {
        settle();
        throttle.succeeded(source);
      },
      refuse: () => throttle.failed(source),
      get refusalDelayMs() {
        return throttle.delayOf(source);
      },
    };
  }

  /** Whether there is a place for one more of this source, or was one made. */
  #hasRoom(source: string): boolean {
    const { maxUnauthenticated, maxUnauthenticatedPerSource, patienceMs } = this.#limits;
    const ofSource = [...this.#waiting].filter((waiting) => waiting.source === source);
    const sourceIsFull = ofSource.length >= maxUnauthenticatedPerSource;
    if (!sourceIsFull && this.#waiting.size < maxUnauthenticated) return true;
    const [oldest] = sourceIsFull ? ofSource : this.#waiting;
    if (!oldest || performance.now() - oldest.since < patienceMs) return false;
    this.#waiting.delete(oldest);
    oldest.leave();
    return true;
  }
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): GitkubeError {
  const taken = cause.code === 'EADDRINUSE' ? 'another program listens there' : `${cause.code}`;
  return new GitkubeError('ConfigInvalid', `cannot listen on ${host} port ${port}: ${taken}`, {
    hint: 'GITKUBE_SSH_LISTEN or --listen sets address and port',
    cause,
  });
}
