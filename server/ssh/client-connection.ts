import type { Connection, Session } from 'ssh2';
import type { GitkubeError } from '../../base/errors.ts';
import { authenticate, type Identity } from './auth.ts';
import { ConnectionGuard } from './connection-guard.ts';
import type { GateTicket } from './gate.ts';
import type { KeyPlaces } from './key-places.ts';
import type { SshServerOptions } from './server.ts';
import { handleSession } from './session.ts';

/** How long a client that got no place may take to ask and to read that. */
const REFUSED_MS = 5_000;

/** What a key holds over all its connections. */
export interface KeyLimits {
  readonly connections: KeyPlaces;
  readonly sessions: KeyPlaces;
}

/** One client, from its identification line on: which key, how many sessions, and when it has to go. */
export class ClientConnection {
  readonly #connection: Connection;
  readonly #ticket: GateTicket;
  readonly #options: SshServerOptions;
  readonly #guard: ConnectionGuard;
  readonly #places: KeyLimits;
  readonly #gone = new AbortController();
  #identity: Identity | undefined;
  #refusal: GitkubeError | undefined;
  #sessions = 0;
  #idle: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(connection: Connection, ticket: GateTicket, places: KeyLimits, options: SshServerOptions) {
    this.#connection = connection;
    this.#ticket = ticket;
    this.#places = places;
    this.#options = options;
    this.#guard = new ConnectionGuard(ticket.socket);
    // Without a listener an error of one client would end the process.
    connection.on('error', (error) => options.log.debug({ err: error }, 'SSH connection error'));
    let shown = false;
    connection.on('close', () => {
      clearTimeout(this.#idle);
      this.#gone.abort();
      if (this.#identity) return;
      if (shown) ticket.refuse();
      options.onLogin?.(shown ? 'refused' : 'none');
    });
    connection.on('authentication', ({ method }) => {
      shown ||= method !== 'none';
    });
    authenticate(connection, {
      find: options.findKey,
      onIdentity: (verified) => {
        this.#identity = verified;
      },
      refusalDelayMs: () => ticket.refusalDelayMs,
    });
    connection.on('ready', () => {
      options.onLogin?.('accepted');
      ticket.admit();
      this.#guard.admit();
      this.#takePlace();
    });
    connection.on('session', (accept, reject) => this.#open(accept, reject));
    this.#waitForSession();
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
    const leave = connections.take(this.#identity?.fingerprint ?? '');
    if (leave) return void this.#connection.once('close', leave);
    this.#refusal = connections.refusal;
    const timer = setTimeout(() => this.#end(), REFUSED_MS);
    this.#connection.once('close', () => clearTimeout(timer));
  }

  #open(accept: () => Session, reject: () => void): void {
    const { limits, backend, log } = this.#options;
    const { sessions } = this.#places;
    const identity = this.#identity;
    if (!identity || this.#closing || this.#sessions >= limits.maxSessionsPerConnection) return void reject();
    this.#sessions++;
    clearTimeout(this.#idle);
    const leave = sessions.take(identity.fingerprint);
    const refusal = this.#refusal ?? (leave ? undefined : sessions.refusal);
    // A connection that breaks off tells nothing to its sessions.
    if (leave) this.#gone.signal.addEventListener('abort', leave, { once: true });
    const session = accept();
    // Once: a client may close a session as often as it likes.
    session.once('close', () => {
      leave?.();
      if (--this.#sessions > 0) return;
      if (this.#closing) this.#end();
      else this.#waitForSession();
    });
    const { socket } = this.#ticket;
    handleSession(session, { identity, refusal, socket, guard: this.#guard, gone: this.#gone.signal, backend, log });
  }

  #waitForSession(): void {
    this.#idle = setTimeout(() => this.#end(), this.#options.limits.idleMs);
  }

  #end(): void {
    this.#connection.end();
    // A client that does not close its side would keep the connection open.
    this.#ticket.socket.destroySoon();
  }
}
