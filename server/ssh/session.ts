import type { Socket } from 'node:net';
import type { ServerChannel, Session } from 'ssh2';
import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { plain } from '../../base/text.ts';
import type { Principal } from '../access/principal.ts';
import type { GitProcess } from '../git/git-process.ts';
import type { BufferGuard } from './buffer-guard.ts';
import { parseCommand, parsePath, type RemoteName } from './command.ts';
import { serve } from './git-channel.ts';
import { refusalPacket, refusalText } from './refusal.ts';

/** What the SSH server asks of the rest of Gitkube. */
export interface SshBackend {
  /** @throws RemoteUnknown, with the same words whether the Remote is missing or the key is not listed */
  fetch(name: RemoteName, principal: Principal, protocol: string | undefined): Promise<GitProcess>;
  /** `received` tells whether git has the whole push, so that the client may go. */
  push(name: RemoteName, principal: Principal): Promise<{ service: GitProcess; received: () => boolean }>;
  /** How the URL of a Remote looks, for hints. */
  readonly urlForm: string;
  /** Lines for `ssh git@host` without a command. */
  greet(principal: Principal): readonly string[];
}

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
  let terminal = false;
  let used = false;

  session.on('env', (accept, reject, info) => {
    const { key, val } = info as unknown as { key: string; val: string };
    const wanted = key === 'GIT_PROTOCOL' && gitProtocol.test(val);
    if (wanted) protocol = val;
    // Both are undefined when the client wants no reply.
    (wanted ? accept : reject)?.();
  });
  session.on('pty', (accept) => {
    terminal = true;
    accept?.();
  });
  session.once('close', () => {
    closed.abort();
    if (!used) guard.unused();
  });
  const open = (accept: () => ServerChannel): ServerChannel | undefined => {
    used = true;
    const channel = accept();
    return guard.watch(session, channel) ? channel : undefined;
  };
  session.on('shell', (accept, reject) => {
    if (used) return void reject?.();
    const channel = open(accept);
    if (!channel) return;
    const end = begin();
    greet(channel, backend.greet(principal), terminal ? '\r\n' : '\n');
    end();
  });
  session.on('exec', (accept, reject, info) => {
    if (used) return void reject?.();
    const channel = open(accept);
    if (!channel) return;
    const end = begin();
    void execute(channel, info.command, protocol, left, scope)
      .catch((error) => log.error({ err: error }, 'an SSH session failed'))
      .finally(end);
  });
}

async function execute(
  channel: ServerChannel,
  command: string,
  protocol: string | undefined,
  left: AbortSignal,
  { principal, refusal, socket, unreadMs, backend }: SessionScope,
): Promise<void> {
  channel.on('error', () => {});
  try {
    if (refusal) throw refusal;
    const { service, path } = parseCommand(command);
    const name = parsePath(path, backend.urlForm);
    if (service === 'upload-pack') {
      const service = await backend.fetch(name, principal, protocol);
      return await serve(service, channel, { socket, left, received: () => false });
    }
    const push = await backend.push(name, principal);
    return await serve(push.service, channel, { socket, left, received: push.received, unreadMs });
  } catch (thrown) {
    refuse(channel, asGitkubeError(thrown));
  }
}

function refuse(channel: ServerChannel, error: GitkubeError): void {
  const askedByGit = error.reason !== 'CommandRefused' && error.reason !== 'LfsUnsupported';
  if (askedByGit) channel.write(refusalPacket(error));
  else channel.stderr.write(refusalText(error));
  // 127 is what a shell answers: newer versions of Git LFS then try HTTPS, and hide what was said here.
  channel.exit(error.reason === 'CommandRefused' ? 127 : 1);
  channel.end();
}

function greet(channel: ServerChannel, lines: readonly string[], lineEnd: string): void {
  channel.on('error', () => {});
  channel.write(lines.map((line) => plain(line) + lineEnd).join(''));
  channel.exit(0);
  channel.end();
}
