import type { Command } from 'commander';

/** What people type most, by command: help shows it first, and so does docs/cli.md. */
const examples: Readonly<Record<string, readonly string[]>> = {
  gitkube: [
    'gitkube install --registry registry.example.com/team   # once, by the operator',
    'gitkube remote generate                                # asks, and writes remote.yaml',
    'gitkube remote create -f remote.yaml',
    'gitkube remote connect default/hello --as dev          # in the git repository of the app',
    'git push dev main',
  ],
  'gitkube serve': ['gitkube serve --data ./data --registry registry.example.com/team'],
  'gitkube remote create': [
    'gitkube remote create -f remote.yaml',
    'gitkube remote create -f - --dry-run < remote.yaml',
  ],
  'gitkube remote generate': [
    'gitkube remote generate                     # asks for everything',
    'gitkube remote generate --name hello --key-file ~/.ssh/id_ed25519.pub --manifests none --registry default \\',
    '  --container hello/web=services/web',
  ],
  'gitkube remote connect': [
    'gitkube remote connect default/hello --as dev',
    'gitkube remote connect prod/hello --as prod',
  ],
  'gitkube remote list': [
    'gitkube remote list -A -o wide',
    'gitkube remote list -n shop -l team=web -w    # and what changes, until Ctrl-C',
  ],
  'gitkube remote get': ['gitkube remote get hello -o yaml', 'gitkube remote get shop/web'],
  'gitkube remote releases': ['gitkube remote releases default/hello -o wide'],
  'gitkube remote keys add': [
    'gitkube remote keys add hello ~/.ssh/id_ed25519.pub',
    'gitkube remote keys add hello - < ci_key.pub',
  ],
  'gitkube remote keys remove': ['gitkube remote keys remove hello alice@laptop'],
  'gitkube remote keys list': ['gitkube remote keys list hello'],
  'gitkube remote delete': ['gitkube remote delete hello', 'gitkube remote delete shop/web --yes --no-wait'],
  'gitkube install': [
    'gitkube install --registry registry.example.com/team',
    'gitkube install --dry-run                         # the API server checks it, nothing is stored',
    'gitkube install --expose NodePort --set GITKUBE_LOG_LEVEL=debug',
  ],
  'gitkube uninstall': ['gitkube uninstall --dry-run', 'gitkube uninstall'],
  'gitkube doctor': [
    'gitkube doctor',
    'gitkube doctor --remote default/hello   # pushes to the registry with its Secret',
  ],
  'gitkube completion': [
    'source <(gitkube completion bash)',
    'gitkube completion fish > ~/.config/fish/completions/gitkube.fish',
  ],
  'gitkube version': ['gitkube version -o json'],
};

/** Lines to type; none for a command that only has others below it. */
export function examplesOf(command: Command): readonly string[] {
  return examples[pathOf(command)] ?? [];
}

/** Before the usage of each command. */
export function addExamples(command: Command): void {
  const lines = examplesOf(command);
  if (lines.length > 0)
    command.addHelpText('before', ['Examples:', ...lines.map((line) => `  ${line}`), ''].join('\n'));
  for (const below of command.commands) addExamples(below);
}

/** `gitkube remote list` */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
