import type { Socket } from 'node:net';
import type { ServerChannel, Session } from 'ssh2';
import type { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Principal } from '../access/principal.ts';
import type { LineEnd } from '../commands/answer.ts';
import { runCommand } from '../commands/run-command.ts';
import type { Terminal } from '../runs/client.ts';
import type { SshBackend } from './backend.ts';
import type { BufferGuard } from './buffer-guard.ts';
import { oneWriteAtATime } from './channel-writes.ts';
import { commandChannel } from './command-channel.ts';
import { greet } from './commands/greeting.ts';
import { commands } from './commands/index.ts';
import { terminalOf } from './terminal.ts';

// gitprotocol-v2: what a client may ask for, and nothing that could carry more.
const gitProtocol = /^version=[012](:[a-z0-9=:.-]{1,64})?$/;

/** What a session has from its connection. */
export interface SessionScope {
  readonly principal: Principal;
  /** Why nothing is done for this connection. */
  readonly refusal: GitkubeError | undefined;
  readonly socket: Socket;
  readonly guard: BufferGuard;
  /** Milliseconds that the client may leave the output of a push unread. */
  readonly unreadMs: number;
  /** Called when a command begins; what it returns, at its end. */
  readonly begin: () => () => void;
  /** Aborts when the connection is closed. */
  readonly gone: AbortSignal;
  readonly backend: SshBackend;
  readonly log: Logger;
}

/** One session channel: at most one command. Everything that is not listened for, ssh2 refuses. */
export function handleSession(session: Session, scope: SessionScope): void {
  const { principal, guard, begin, backend, log } = scope;
  const closed = new AbortController();
  const left = AbortSignal.any([scope.gone, closed.signal]);
  let protocol: string | undefined;
  let refusesColors = false;
  let lineEnd: LineEnd = '\n';
  let terminal: Terminal | undefined;
  let used = false;

  session.on('env', (accept, reject, info) => {
    const { key, val } = info as unknown as { key: string; val: string };
    const wanted = key === 'GIT_PROTOCOL' && gitProtocol.test(val);
    if (wanted) protocol = val;
    refusesColors ||= key === 'NO_COLOR' && val !== '';
    // Both are undefined when the client wants no reply.
    (wanted || key === 'NO_COLOR' ? accept : reject)?.();
  });
  session.on('pty', (accept, _reject, info) => {
    lineEnd = '\r\n';
    terminal = terminalOf(session, info, () => refusesColors);
    accept?.();
  });
  session.once('close', () => {
    closed.abort();
    if (!used) guard.unused();
  });
  const open = (accept: () => ServerChannel): ServerChannel | undefined => {
    used = true;
    const wire = accept();
    oneWriteAtATime(wire);
    return guard.watch(session, wire) ? wire : undefined;
  };
  session.on('shell', (accept, reject) => {
    if (used) return void reject?.();
    const wire = open(accept);
    if (!wire) return;
    const end = begin();
    greet(commandChannel(wire, scope.socket), backend.greet(principal), lineEnd);
    end();
  });
  session.on('exec', (accept, reject, info) => {
    if (used) return void reject?.();
    const wire = open(accept);
    if (!wire) return;
    const end = begin();
    const { socket, unreadMs } = scope;
    const channel = commandChannel(wire, socket);
    const command = { principal, channel, wire, socket, protocol, lineEnd, terminal, unreadMs, left, backend };
    void runCommand(commands, info.command, command, scope.refusal)
      .catch((error) => log.error({ err: error }, 'an SSH session failed'))
      .finally(end);
  });
}
