import { Argument, type Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type Shell, shells } from './shells.ts';

export function addCompletionCommand(program: Command, { io }: CliContext): void {
  program
    .command('completion')
    .description('print the script that completes commands, flags, and names of the cluster in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)))
    .addHelpText('after', `\n${setup}`)
    .action((shell: Shell) => io.out(shells[shell].trimEnd()));
}

const setup = `bash, in ~/.bashrc:   source <(gitkube completion bash)
zsh, once:            gitkube completion zsh > "\${fpath[1]}/_gitkube"
fish, once:           gitkube completion fish > ~/.config/fish/completions/gitkube.fish
kubectl gitkube is completed by kubectl, which finds kubectl_complete-gitkube in PATH.`;
