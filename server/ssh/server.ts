import type { Socket } from 'node:net';
import type { Connection } from 'ssh2';
import ssh2 from 'ssh2';
import type { Logger } from '../../base/log.ts';
import type { AuthorizedKey } from '../../remote-crd/index.ts';
import { authenticate, type Identity } from './auth.ts';
import { ConnectionGuard } from './connection-guard.ts';
import { Gate, type GateLimits } from './gate.ts';
import type { HostKey } from './host-key.ts';
import { handleSession, type SshBackend } from './session.ts';

export interface SshLimits extends GateLimits {
  readonly maxSessionsPerConnection: number;
  /** Milliseconds that a connection may stay without a session. */
  readonly idleMs: number;
}

export interface SshServerOptions {
  readonly hostKey: HostKey;
  readonly limits: SshLimits;
  readonly findKey: (fingerprint: string) => AuthorizedKey | undefined;
  readonly backend: SshBackend;
  readonly log: Logger;
}

/**
 * Exact lists, the client's order wins. Left out on purpose: chacha20-poly1305 (CVE-2023-48795, and slower), NIST curves,
 * group-exchange (ssh2 advertises it and cannot do it), SHA-1, compression (a bomb before authentication).
 */
const algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  cipher: ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr', 'aes128-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  compress: ['none'],
} as const;

/** The git remote's SSH side: who is it, which command, which Remote. What happens then is the backend's. */
export class SshServer {
  readonly #options: SshServerOptions;
  readonly #gate: Gate;
  readonly #connections = new Set<Connection>();

  constructor(options: SshServerOptions) {
    this.#options = options;
    const server = new ssh2.Server(
      {
        hostKeys: [options.hostKey.privateKey],
        ident: 'Gitkube',
        algorithms: algorithms as unknown as ssh2.Algorithms,
      },
      (connection, info) => this.#handle(connection, info),
    );
    server.on('error', (error: Error) => options.log.warn({ err: error }, 'SSH server error'));
    this.#gate = new Gate(options.limits, (socket) => server.injectSocket(socket));
  }

  /** @returns the port */
  listen(host: string, port: number): Promise<number> {
    return this.#gate.listen(host, port);
  }

  /** Takes no new connection and ends those that are open. */
  async close(): Promise<void> {
    const closed = this.#gate.close();
    for (const connection of this.#connections) connection.end();
    this.#gate.destroyAll();
    await closed;
  }

  #handle(connection: Connection, info: { ip: string; port: number }): void {
    const { log, limits, backend, findKey } = this.#options;
    const ticket = this.#gate.ticket(info.ip, info.port);
    if (!ticket) return void connection.end();
    let identity: Identity | undefined;
    let sessions = 0;
    const gone = new AbortController();
    const guard = new ConnectionGuard(ticket.socket);
    const waitForSession = () => setTimeout(() => endNow(connection, ticket.socket), limits.idleMs);
    let idle = waitForSession();

    this.#connections.add(connection);
    // Without a listener an error of one client would end the process.
    connection.on('error', (error) => log.debug({ err: error, source: info.ip }, 'SSH connection error'));
    connection.on('close', () => {
      clearTimeout(idle);
      gone.abort();
      this.#connections.delete(connection);
    });
    authenticate(connection, findKey, (verified) => {
      identity = verified;
    });
    connection.on('ready', () => {
      ticket.admit();
      guard.admit();
    });
    connection.on('session', (accept, reject) => {
      if (!identity || sessions >= limits.maxSessionsPerConnection) return void reject();
      sessions++;
      clearTimeout(idle);
      const session = accept();
      // Once: a client may close a session as often as it likes.
      session.once('close', () => {
        sessions--;
        if (sessions === 0) idle = waitForSession();
      });
      handleSession(session, { identity, socket: ticket.socket, guard, gone: gone.signal, backend, log });
    });
  }
}

/** A client that does not close its side would keep the connection open. */
function endNow(connection: Connection, socket: Socket): void {
  connection.end();
  socket.destroySoon();
}
