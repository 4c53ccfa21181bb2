import type { Socket } from 'node:net';
import type { ServerChannel } from 'ssh2';
import type { CommandScope } from '../../commands/command.ts';
import type { SshBackend } from '../backend.ts';

/** What a command of an SSH client works with: git speaks to the channel of ssh2 itself. */
export interface SshScope extends CommandScope {
  readonly wire: ServerChannel;
  readonly socket: Socket;
  /** `GIT_PROTOCOL` of the client, if it is one that git knows. */
  readonly protocol: string | undefined;
  readonly backend: SshBackend;
}
