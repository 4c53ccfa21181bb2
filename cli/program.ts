/** The command tree: every command is added here, and has a file of its own. */
import { Command, Option } from 'commander';
import { addCompletionCommand } from './completion/command.ts';
import { type CliContext, createContext } from './context.ts';
import { addDoctorCommand } from './doctor/command.ts';
import { withElsewhere } from './elsewhere.ts';
import { addExamples } from './examples.ts';
import { endBy } from './exit.ts';
import { parseNamespace } from './flags.ts';
import { addInstallCommand } from './install/command.ts';
import { addUninstallCommand } from './install/uninstall.ts';
import type { Io } from './io.ts';
import { addRemoteCommands } from './remote/commands.ts';
import { addServeCommand } from './serve.ts';
import { addVersionCommand, version } from './version.ts';

/** Runs one command. @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  using context = createContext(io);
  const program = createProgram(context);
  try {
    // Not for commander: what a shell asks about is no finished command line.
    if (args[0] === '__complete') {
      const { answerShell } = await import('./completion/answer.ts');
      await answerShell(program, args.slice(1), context);
      return context.exitCode;
    }
    await program.parseAsync(args, { from: 'user' });
    return context.exitCode;
  } catch (thrown) {
    return endBy(thrown, io, context.failCode);
  }
}

export function createProgram(context: CliContext): Command {
  const { io } = context;
  const program = new Command('gitkube')
    .description('git push to deploy on Kubernetes')
    .usage('<command> [flags]')
    .version(`gitkube ${version()}`, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help')
    .option('--kubeconfig <file>', 'kubeconfig file; unset: $KUBECONFIG, ~/.kube/config, or the account of the pod')
    .option('--context <name>', 'context of the kubeconfig; unset: the current one')
    .addOption(new Option('--kube-context <name>', 'the same as --context').hideHelp())
    .option('-n, --namespace <name>', 'namespace; unset: that of the context, or default', parseNamespace)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.out(text.replace(/\n$/, '')),
      writeErr: (text) => io.note(text.replace(/\n$/, '')),
      outputError: (text, write) => write(withElsewhere(withoutPrivateKeys(text), program)),
    })
    .showHelpAfterError('hint: --help lists commands and flags')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.')
    .exitOverride();
  addServeCommand(program, context);
  addRemoteCommands(program, context);
  addInstallCommand(program, context);
  addUninstallCommand(program, context);
  addDoctorCommand(program, context);
  addCompletionCommand(program, context);
  addVersionCommand(program, context);
  addExamples(program);
  return program;
}

/** Commander repeats what it does not understand; a terminal's or a CI's log must not keep this. */
function withoutPrivateKeys(text: string): string {
  return text.replace(/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[^']*/g, '$1 …');
}
