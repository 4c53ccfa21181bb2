import { readFileSync } from 'node:fs';
import { catalog, type ErrorKind, type Reason } from '../base/errors.ts';
import { causes, examples } from './errors-causes.ts';

/** What to do about all of a kind. */
const fixOfKind: Readonly<Record<ErrorKind, string>> = {
  user: 'read the hint in the message',
  transient: 'push again in a moment; if it persists, ask the operator',
  internal: 'ask the operator, with the id of the push',
};

/** Where there is more to say than of its kind. */
const fixes: Partial<Record<Reason, string>> = {
  ConfigInvalid: 'correct the setting that the message names: `gitkube serve --help` lists them',
  AddonUnsafe: 'build the addon again, or delete it, as the hint says',
  HostKeyUnusable: 'restore the key from a backup; with a new key every client has to trust the server again',
  RemoteInvalid: 'correct the field that the message names: `kubectl edit remote <name>`',
  CommandRefused: 'use `git push`, `git fetch` or `git clone`, or ssh without a command',
  LfsUnsupported: '`git push --no-verify dev main`, or set `remote.dev.lfsurl` to an LFS server',
  RemoteUnknown: 'check the URL, and add the key: `gitkube remote keys add <name> <file>`',
  Locked: 'wait, or ask the person that the message names; `ssh … unlock <namespace>/<remote>` ends it',
  ServedElsewhere: 'push to the URL in the status of the Remote: `kubectl get remotes`',
  TransferTimeout: 'use a faster connection, or ask the operator for a longer limit',
  RefRefused: 'push the branch that the hint names',
  RefMoved: '`git fetch`, look at the new commits, and push again',
  PushOptionUnknown: 'use one of the options that the hint lists',
  PushSuperseded: 'nothing, or push again if the newer push does not contain this commit',
  ReleaseNotFound: 'choose one of `git ls-remote dev`',
  ReleaseUnusable: 'build its commit again, with the command of the hint',
  DeployNotFound: 'list the records: `ssh -p <port> git@<host> deploys <namespace>/<remote>`',
  RepositoryTooLarge: 'push without the large files, or ask the operator to raise `GITKUBE_MAX_REPOSITORY_BYTES`',
  RegistryMissing: 'set `spec.registry.url`: `kubectl edit remote <name>`',
  SecretUnusable: 'create it: `kubectl create secret docker-registry …`',
  WorkloadNotFound: 'apply the workload first, or correct its name in `spec.deployments`',
  ContainerNotFound: 'correct the name of the container in `spec.deployments`',
  ContextNotFound: 'commit the folder, or correct `path`',
  DockerfileNotFound: 'commit the file, or correct `dockerfile`',
  ContextTooLarge: 'exclude files with a `.dockerignore`, or set a smaller folder as `path`',
  ContextInvalid: 'rename, correct or exclude the file that the message names',
  ManifestsInvalid:
    'correct the file that the message names: [what is refused](manifests.md#what-is-refused-or-skipped)',
  ManifestsToolFailed: 'run the command of the hint, which reproduces it',
  ManifestsRefused: 'correct the object, or grant the right that the hint names',
  JobFailed: 'read the last lines of its container in the push, fix it, and push again',
  ObjectFailed: 'read its conditions: `kubectl describe`',
  BuildFailed: 'read the output of that step in the push, fix it, and push again',
  BuildTimeout: 'make the build faster, or ask the operator to raise `GITKUBE_BUILD_TIMEOUT_SECONDS`',
  BuildOutputTooLarge: 'make the steps of the Dockerfile print less',
  PushTimeout: 'make the image smaller, or ask the operator to raise `GITKUBE_IMAGE_PUSH_TIMEOUT_SECONDS`',
  RegistryDenied: 'correct the Secret in `spec.registry.credentials`, or the rights of its account',
  RegistryRefused: 'free space in the registry, or follow the hint',
  PatchRefused: 'read its reason in the message: often an admission policy',
  ImagePullFailed: 'check that the nodes reach the registry, and `imagePullSecrets` of the pod template',
  ContainerConfigError: 'create it, or correct the pod template',
  ContainerCrashed: 'read its last lines in the push, fix it, and push again',
  ReadinessLost: 'read why in the message, fix it, and push again: the release before it runs',
  PodUnschedulable: 'request less in `resources.requests`, correct the node selector, or add a node',
  RolloutTimeout: 'read in the push what it waited for; if it only needs longer, raise `rollout.timeoutSeconds`',
  RolloutRefused: 'raise the quota, or correct the pod template',
  Drifted: 'push again, or set `spec.reconcile: true`',
  RepairFailed: 'read the reason in the message; Gitkube tries again',
  RollbackFailed: 'type the command of the hint, which restores it',
  ClusterForbidden: 'ask the operator to run `gitkube doctor`, which prints the commands that grant it',
  DiskFull: 'push again once the operator has freed space',
  GitOutOfMemory:
    '`git -c core.bigFileThreshold=16m push dev main`, or ask the operator to raise `GITKUBE_MAX_GIT_MEMORY_BYTES`',
  ReleaseUnreadable: 'push again: a new release replaces it',
  JournalUnreadable: 'ask the operator to check the workloads, then to delete the journal',
  UsageInvalid: 'type the command with `--help`',
  FileUnusable: 'correct the file or its name',
  NotInstalled: '`gitkube install`, or choose another cluster with `--context`',
  RemoteNotFound: '`gitkube remote list -A` shows all of them',
  ObjectRefused: 'read its reason in the message',
  ObjectChanged: 'repeat the command',
  Timeout: 'type the command of the hint, which shows why',
  Cancelled: 'push again',
};

/** docs/errors.md */
export function errorsDoc(): string {
  const reasons = Object.keys(catalog) as Reason[];
  return [
    '<!-- Generated from base/errors.ts, scripts/errors-*.ts and test/failures by scripts/generate.ts: change it there. -->',
    '# Reasons',
    '',
    'Every error has a reason: one word that is the same in conditions, in Events and in the log. The hints of the message',
    'itself are more exact than what is written here. `GITKUBE_DOCS_URL` makes each failure of a push link to its reason.',
    '',
    ...reasons.flatMap(section),
  ].join('\n');
}

function section(reason: Reason): string[] {
  const { kind, about } = catalog[reason];
  return [
    `## ${reason}`,
    '',
    `${about.charAt(0).toUpperCase()}${about.slice(1)}.`,
    '',
    ...causesOf(reason),
    `To do: ${fixes[reason] ?? fixOfKind[kind]}.`,
    '',
    ...exampleOf(reason),
  ];
}

function causesOf(reason: Reason): string[] {
  const known = causes[reason] ?? [];
  return known.length === 0 ? [] : ['Usual causes:', '', ...known.map((cause) => `- ${cause}`), ''];
}

/** From the evidence on; that is what it is about. */
function exampleOf(reason: Reason): string[] {
  const name = examples[reason];
  if (name === undefined) return [];
  const lines = readFileSync(new URL(`../test/failures/${name}.txt`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  const shown = lines.filter((line) => /^(?:\$ |remote: (?: {2}\| |error: |hint: )| ! )/.test(line));
  return ['```', ...shown, '```', ''];
}
