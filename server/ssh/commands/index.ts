import type { Command } from '../../commands/command.ts';
import { textCommands } from '../../commands/index.ts';
import { gitLfs } from './git-lfs.ts';
import { gitReceivePack } from './git-receive-pack.ts';
import { gitUploadPack } from './git-upload-pack.ts';
import type { SshScope } from './ssh-scope.ts';

/** Everything that a client may type; the last one is whatever the others are not. */
export const commands: readonly Command<SshScope>[] = [gitReceivePack, gitUploadPack, gitLfs, ...textCommands];
