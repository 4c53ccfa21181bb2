import type { Command } from 'commander';

/** What people type most, by command: help shows it first, and so does docs/cli.md. */
const examples: Readonly<Record<string, readonly string[]>> = {
  gitkube: [
    'gitkube install --image registry.example.com/team/gitkube:<tag> --registry registry.example.com/team    # once',
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
  'gitkube remote releases': ['gitkube remote releases default/hello -o wide', 'gitkube remote releases hello --all'],
  'gitkube remote status': ['gitkube remote status default/hello', 'gitkube remote status hello -w'],
  'gitkube remote logs': ['gitkube remote logs default/hello -f --tail 20'],
  'gitkube remote diff': [
    'gitkube remote diff default/hello        # what somebody else has changed in the cluster',
    'gitkube remote diff default/hello 3 5    # two releases',
  ],
  'gitkube remote run': [
    "gitkube remote run default/hello web -- sh -c 'ls | wc -l'",
    'gitkube remote run -t default/hello web -- sh',
  ],
  'gitkube remote deploys': ['gitkube remote deploys default/hello'],
  'gitkube remote output': ['gitkube remote output default/hello    # of the last deploy, to its end'],
  'gitkube remote rollback': ['gitkube remote rollback default/hello 40 --dry-run', 'gitkube remote rollback hello 40'],
  'gitkube remote task': ['gitkube remote task default/hello migrate'],
  'gitkube remote redeploy': ['gitkube remote redeploy default/hello --no-cache'],
  'gitkube remote restart': ['gitkube remote restart default/hello'],
  'gitkube remote env list': ['gitkube remote env list default/hello'],
  'gitkube remote env set': [
    "gitkube remote env set default/hello LOG_LEVEL=debug GREETING='two words'",
    'gitkube remote env set default/hello PASSWORD=- < password.txt',
  ],
  'gitkube remote env unset': ['gitkube remote env unset default/hello LOG_LEVEL'],
  'gitkube remote cancel': ['gitkube remote cancel default/hello'],
  'gitkube remote lock': ['gitkube remote lock default/hello release freeze until Monday'],
  'gitkube remote unlock': ['gitkube remote unlock default/hello'],
  'gitkube remote whoami': ['gitkube remote whoami'],
  'gitkube remote keys add': [
    'gitkube remote keys add hello ~/.ssh/id_ed25519.pub',
    'gitkube remote keys add hello - < ci_key.pub',
  ],
  'gitkube remote keys remove': ['gitkube remote keys remove hello alice@laptop'],
  'gitkube remote keys list': ['gitkube remote keys list hello'],
  'gitkube remote tokens add': [
    'gitkube remote tokens add shop/web ci --branch main --expires 90d',
    'gitkube remote tokens add shop/web mirror --may read',
  ],
  'gitkube remote tokens remove': ['gitkube remote tokens remove shop/web ci'],
  'gitkube remote tokens list': ['gitkube remote tokens list shop/web'],
  'gitkube remote delete': ['gitkube remote delete hello', 'gitkube remote delete shop/web --yes --no-wait'],
  'gitkube install': [
    'gitkube install --image registry.example.com/team/gitkube:<tag> --registry registry.example.com/team',
    'gitkube install --image registry.example.com/team/gitkube:<tag> --dry-run    # the API server checks it, nothing is stored',
    'gitkube install --image registry.example.com/team/gitkube:<tag> --expose NodePort --set GITKUBE_LOG_LEVEL=debug',
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
