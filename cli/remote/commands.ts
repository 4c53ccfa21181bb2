import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addGenerateCommand } from '../generate/command.ts';
import { addConnectCommand } from './connect.ts';
import { addCreateCommand } from './create.ts';
import { addDeleteCommand } from './delete.ts';
import { addKeysCommands } from './keys.ts';
import { addGetCommand, addListCommand } from './list.ts';
import { addReleasesCommand } from './releases.ts';
import { addServerCommands } from './server-commands.ts';
import { addTokensCommands } from './tokens.ts';

export function addRemoteCommands(program: Command, context: CliContext): void {
  const remote = program.command('remote').description('manage Remotes');
  addCreateCommand(remote, context);
  addGenerateCommand(remote, context);
  addConnectCommand(remote, context);
  addListCommand(remote, context);
  addGetCommand(remote, context);
  addReleasesCommand(remote, context);
  addServerCommands(remote, context);
  addKeysCommands(remote, context);
  addTokensCommands(remote, context);
  addDeleteCommand(remote, context);
}
