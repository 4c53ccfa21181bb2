import type { Connection, Session } from 'ssh2';
import { withoutMapping } from '../../base/address-list.ts';
import type { GitkubeError } from '../../base/errors.ts';
import type { PerKeyLimiter } from '../access/per-key-limiter.ts';
import type { Principal } from '../access/principal.ts';
import { authenticate } from './auth.ts';
import { BufferGuard } from './buffer-guard.ts';
import type { ConnectionTicket } from './connection-limiter.ts';
import { sayGoodbye } from './goodbye.ts';
import type { SshServerOptions } from './server.ts';
import { handleSession } from './session.ts';
import type { UnlistedKeys } from './unlisted-keys.ts';

/** How long a client that got no place may take to ask and to read that. */
const REFUSED_MS = 5_000;

/** How long a client may take to read why its connection is broken off. */
const GOODBYE_MS = 2_000;

/** What is known of keys over all their connections. */
export interface KeyLimits {
  readonly connections: PerKeyLimiter;
  readonly sessions: PerKeyLimiter;
  readonly unlisted: UnlistedKeys;
}

/** One client, from its identification line on: which key, how many sessions, and when it has to go. */
export class ClientConnection {
  readonly #connection: Connection;
  readonly #ticket: ConnectionTicket;
  readonly #options: SshServerOptions;
  readonly #guard: BufferGuard;
  readonly #places: KeyLimits;
  readonly #gone = new AbortController();
  #principal: Principal | undefined;
  #refusal: GitkubeError | undefined;
  #sessions = 0;
  /** Sessions with a command under way. */
  #busy = 0;
  #idle: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(connection: Connection, ticket: ConnectionTicket, places: KeyLimits, options: SshServerOptions) {
    this.#connection = connection;
    this.#ticket = ticket;
    this.#places = places;
    this.#options = options;
    this.#guard = new BufferGuard(ticket.socket);
    // Without a listener an error of one client would end the process.
    connection.on('error', (error) => this.#breakOff(error));
    let shown = false;
    connection.on('close', () => {
      clearTimeout(this.#idle);
      this.#gone.abort();
      if (this.#principal) return;
      if (shown) ticket.refuse();
      options.onLogin?.(shown ? 'refused' : 'none');
    });
    connection.on('authentication', ({ method }) => {
      shown ||= method !== 'none';
    });
    const { remoteAddress: address } = ticket.socket;
    authenticate(connection, {
      find: options.findKey,
      onPrincipal: (verified) => {
        this.#principal = { ...verified, ...(address !== undefined && { address: withoutMapping(address) }) };
      },
      refusalDelayMs: () => ticket.refusalDelayMs,
      unlisted: places.unlisted.open(),
    });
    connection.on('ready', () => {
      options.onLogin?.('accepted');
      ticket.admit();
      this.#guard.admit();
      this.#takePlace();
      this.#waitForCommand();
    });
    connection.on('rekey', () => this.#guard.rekeyed());
    connection.on('session', (accept, reject) => this.#open(accept, reject));
  }

  /**
   * Takes no further session and ends with the last one that is open: OpenSSH throws away what it has not printed yet
   * when it reads a disconnect, and that is the reason why a push was refused.
   */
  close(): void {
    this.#closing = true;
    if (this.#sessions === 0) this.#end();
  }

  #takePlace(): void {
    const { connections } = this.#places;
    const leave = connections.take(this.#principal?.fingerprint ?? '');
    if (leave) return void this.#connection.once('close', leave);
    this.#refusal = connections.refusal;
    const timer = setTimeout(() => this.#end(), REFUSED_MS);
    this.#connection.once('close', () => clearTimeout(timer));
  }

  #open(accept: () => Session, reject: () => void): void {
    const { limits, backend, log } = this.#options;
    const { sessions } = this.#places;
    const principal = this.#principal;
    if (!principal || this.#closing || this.#sessions >= limits.maxSessionsPerConnection) return void reject();
    this.#sessions++;
    const place = sessions.take(principal.fingerprint);
    const refusal = this.#refusal ?? (place ? undefined : sessions.refusal);
    const session = accept();
    let running = false;
    let closed = false;
    // What was begun is at its end a while after its client has gone, and until then it is one of those that this key has.
    const leave = () => {
      if (closed && !running) place?.();
    };
    const close = () => {
      closed = true;
      leave();
    };
    // A connection that breaks off says nothing to its sessions.
    this.#gone.signal.addEventListener('abort', close, { once: true });
    // Once: a client may close a session as often as it likes.
    session.once('close', () => {
      // Or each session of a connection would stay with it.
      this.#gone.signal.removeEventListener('abort', close);
      close();
      if (--this.#sessions === 0 && this.#closing) this.#end();
    });
    const { socket } = this.#ticket;
    handleSession(session, {
      ...{ principal, refusal, socket, guard: this.#guard, gone: this.#gone.signal, backend, log },
      unreadMs: limits.unreadMs,
      begin: () => {
        running = true;
        const end = this.#begin();
        return () => {
          running = false;
          end();
          leave();
        };
      },
    });
  }

  /** A command begins. @returns what has to be called at its end, whether or not the client closes its session then */
  #begin(): () => void {
    this.#busy++;
    clearTimeout(this.#idle);
    return () => {
      if (--this.#busy === 0) this.#waitForCommand();
    };
  }

  #waitForCommand(): void {
    if (this.#gone.signal.aborted) return;
    this.#idle = setTimeout(() => this.#end(), this.#options.limits.idleMs);
  }

  /**
   * After an error ssh2 closes its own side at most: a client that is not there any more, or does not want to go, would stay
   * with all that it has started.
   */
  #breakOff(error: Error & { level?: string }): void {
    const { socket } = this.#ticket;
    this.#options.log.debug({ err: error }, 'SSH connection error');
    if (error.level === 'client-timeout' || error.level === 'socket') return void socket.destroy();
    if (socket.writable) sayGoodbye(this.#connection, wordsOn(error));
    // What is not read makes a reset of the end, and a reset discards what was said before it.
    socket.removeAllListeners('data').resume().end();
    const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  #end(): void {
    this.#connection.end();
    // A client that does not close its side would keep the connection open.
    this.#ticket.socket.destroySoon();
  }
}

function wordsOn({ message }: Error): string {
  // ssh2's limit of a packet. Ours of a command is far below it; see commands/index.ts.
  if (message.startsWith('Bad packet length'))
    return 'gitkube: a packet is damaged or over 35,000 bytes: a command, a name or a variable is too long';
  return 'gitkube: the client does not follow the SSH protocol';
}
