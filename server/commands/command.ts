import type { GitkubeError } from '../../base/errors.ts';
import type { Principal } from '../access/principal.ts';
import type { Terminal } from '../runs/client.ts';
import type { LineEnd } from './answer.ts';
import type { CommandBackend } from './backend.ts';
import type { Channel } from './channel.ts';

/** Of a command that takes a script or values as its arguments. ssh2 takes packets of 35,000 bytes. */
export const longestLine = 32_000;

/** What a command works with. */
export interface CommandScope {
  readonly principal: Principal;
  readonly channel: Channel;
  /** Of text for a person, or for a script. */
  readonly lineEnd: LineEnd;
  /** Of the client, where it has asked for one. */
  readonly terminal: Terminal | undefined;
  /** Milliseconds that the client may leave what it is sent unread. */
  readonly unreadMs: number;
  /** Aborts when the client has left. */
  readonly left: AbortSignal;
  readonly backend: CommandBackend;
}

/** One command of a door, which gives it a scope. */
export interface Command<Scope extends CommandScope = CommandScope> {
  /** A command line that is this one; its groups are for `run`. */
  readonly pattern: RegExp;
  /** Characters that it may have; unset: those of every other command. */
  readonly maxLength?: number;
  /** It is one that git types, to push. */
  readonly isPush?: true;
  /** How a refusal is written: for git, which reads packets, or for a person. */
  readonly refuse: (channel: Channel, error: GitkubeError) => void;
  /** @throws GitkubeError, before anything is written to the channel */
  readonly run: (match: RegExpExecArray, scope: Scope) => Promise<void>;
}
