import type { Socket } from 'node:net';
import type { ServerChannel } from 'ssh2';
import type { GitkubeError } from '../../../base/errors.ts';
import type { Principal } from '../../access/principal.ts';
import type { Terminal } from '../../runs/client.ts';
import type { LineEnd } from '../answer.ts';
import type { SshBackend } from '../backend.ts';

/** What a command works with. */
export interface CommandScope {
  readonly principal: Principal;
  readonly channel: ServerChannel;
  readonly socket: Socket;
  /** `GIT_PROTOCOL` of the client, if it is one that git knows. */
  readonly protocol: string | undefined;
  /** Of text for a person, or for a script. */
  readonly lineEnd: LineEnd;
  /** Of the client, where it has asked for one. */
  readonly terminal: Terminal | undefined;
  /** Milliseconds that the client may leave the output of a push unread. */
  readonly unreadMs: number;
  /** Aborts when the client has left. */
  readonly left: AbortSignal;
  readonly backend: SshBackend;
}

/** One command of the SSH side; the list of them is index.ts. */
export interface Command {
  /** A command line that is this one; its groups are for `run`. */
  readonly pattern: RegExp;
  /** Characters that it may have; unset: those of every other command. */
  readonly maxLength?: number;
  /** How a refusal is written: for git, which reads packets, or for a person. */
  readonly refuse: (channel: ServerChannel, error: GitkubeError) => void;
  /** @throws GitkubeError, before anything is written to the channel */
  readonly run: (match: RegExpExecArray, scope: CommandScope) => Promise<void>;
}
