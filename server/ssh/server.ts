import type { Connection } from 'ssh2';
import ssh2 from 'ssh2';
import type { Logger } from '../../base/log.ts';
import type { AuthorizedKey } from '../../remote-crd/index.ts';
import { PerKeyLimiter } from '../access/per-key-limiter.ts';
import type { SshBackend } from './backend.ts';
import { ClientConnection } from './client-connection.ts';
import { ConnectionLimiter, type ConnectionLimits } from './connection-limiter.ts';
import type { HostKey } from './host-key.ts';
import { keepRightGuess } from './kex-guess.ts';
import { UnlistedKeys } from './unlisted-keys.ts';

export interface SshLimits extends ConnectionLimits {
  readonly maxConnectionsPerKey: number;
  readonly maxSessionsPerConnection: number;
  /** Milliseconds that a connection may stay without a command. */
  readonly idleMs: number;
  /** Milliseconds without a sign of life after which a client counts as gone: its machine sleeps, or its network is lost. */
  readonly silentMs: number;
  /** Milliseconds that a client may leave the output of a push unread. */
  readonly unreadMs: number;
}

export interface SshServerOptions {
  readonly hostKey: HostKey;
  readonly limits: SshLimits;
  readonly findKey: (fingerprint: string) => AuthorizedKey | undefined;
  readonly backend: SshBackend;
  readonly log: Logger;
  /** Called for each connection that spoke SSH with how its login ended: `none` showed no key at all. */
  readonly onLogin?: (result: 'accepted' | 'refused' | 'none') => void;
}

/**
 * Exact lists, the client's order wins. Left out on purpose: chacha20-poly1305 (CVE-2023-48795, and slower), NIST curves,
 * group-exchange (ssh2 advertises it and cannot do it), group18 (every client has another one, and it costs a stranger
 * nothing to have us compute it), SHA-1, compression (a bomb before authentication). hmac-sha2-256 comes last, for clients that
 * have no -etm: dropbear, libssh2 before 1.11 (docs/adr/0007).
 */
const algorithms = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'diffie-hellman-group16-sha512'],
  cipher: ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr', 'aes128-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256'],
  compress: ['none'],
} as const;

/** Questions in a row whether a client is there. */
const UNANSWERED = 5;

/** The git remote's SSH side: who is it, which command, which Remote. What happens then is the backend's. */
export class SshServer {
  readonly #options: SshServerOptions;
  readonly #limiter: ConnectionLimiter;
  readonly #connections: PerKeyLimiter;
  readonly #sessions: PerKeyLimiter;
  readonly #unlisted = new UnlistedKeys();
  readonly #clients = new Set<ClientConnection>();

  constructor(options: SshServerOptions) {
    this.#options = options;
    this.#connections = new PerKeyLimiter(options.limits.maxConnectionsPerKey, 'connections');
    // Each may start a git: as many as if every connection had one.
    this.#sessions = new PerKeyLimiter(options.limits.maxConnectionsPerKey, 'sessions');
    const server = new ssh2.Server(
      {
        hostKeys: [options.hostKey.privateKey],
        ident: 'Gitkube',
        keepaliveInterval: options.limits.silentMs / (UNANSWERED + 1),
        keepaliveCountMax: UNANSWERED,
        algorithms: algorithms as unknown as ssh2.Algorithms,
      },
      (connection, info) => this.#handle(connection, info),
    );
    server.on('error', (error: Error) => options.log.warn({ err: error }, 'SSH server error'));
    this.#limiter = new ConnectionLimiter(options.limits, (socket) => server.injectSocket(socket));
  }

  get connections(): number {
    return this.#limiter.connections;
  }

  /** @returns the port */
  listen(host: string, port: number): Promise<number> {
    return this.#limiter.listen(host, port);
  }

  /**
   * Takes no new connection and ends those that are open, each with its last session.
   * @param farewellMs how long clients have to read the end of their sessions
   */
  async close(farewellMs: number): Promise<void> {
    const closed = this.#limiter.close();
    for (const client of this.#clients) client.close();
    const timer = setTimeout(() => this.#limiter.destroyAll(), farewellMs);
    await closed;
    clearTimeout(timer);
  }

  #handle(connection: Connection, info: { ip: string; port: number }): void {
    const ticket = this.#limiter.ticket(info.ip, info.port);
    if (!ticket) return void connection.end();
    keepRightGuess(connection, { kex: algorithms.kex[0], hostKey: 'ssh-ed25519' });
    const places = { connections: this.#connections, sessions: this.#sessions, unlisted: this.#unlisted };
    const client = new ClientConnection(connection, ticket, places, this.#options);
    this.#clients.add(client);
    connection.on('close', () => this.#clients.delete(client));
  }
}
