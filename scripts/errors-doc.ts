import { readFileSync } from 'node:fs';
import { catalog, type ErrorKind, type Reason } from '../base/errors.ts';
import { causes, examples } from './errors-causes.ts';

/** What to do about all of a kind. */
const fixOfKind: Readonly<Record<ErrorKind, string>> = {
  user: 'read the hint in the message',
  transient: 'push again, or repeat the command, in a moment; if it persists, ask the operator',
  internal: 'ask the operator, with the id of the push',
};

/** Where there is more to say than of its kind. */
const fixes: Partial<Record<Reason, string>> = {
  ConfigInvalid: 'correct the setting that the message names: `gitkube serve --help` lists them',
  AddonUnsafe: 'build the addon again, or delete it, as the hint says',
  HostKeyUnusable: 'restore the key from a backup; with a new key every client has to trust the server again',
  RemoteInvalid: 'correct the field that the message names: `kubectl -n <namespace> edit remote <name>`',
  CommandRefused: '`ssh -p <port> git@<host> help` lists the commands',
  LfsUnsupported:
    'name the LFS server in `spec.lfs`: [Git LFS](guides/lfs-and-submodules.md); `git push --no-verify dev main` skips the hook of the client',
  LfsUnavailable: 'push the objects there first: `git lfs push --all <remote>`; or correct `spec.lfs`',
  SubmoduleUnavailable: 'follow the hint: [submodules](guides/lfs-and-submodules.md#submodules)',
  RemoteUnknown:
    'check the URL, or send the public key to an owner of the Remote, who types `gitkube remote keys add <namespace>/<remote> <file>.pub`',
  AccessDenied:
    'ask one of the keys that the hint names, or an owner of the Remote to change `spec.access`: [who may do what](guides/access.md)',
  KeyExpired: 'ask an owner of the Remote for a later `expiry-time`, or use another key',
  AddressDenied:
    'connect from an address that `from` of its line allows, or ask an owner of the Remote: [options of a key](guides/access.md#options-of-a-key)',
  TokenUnused: 'generate the key as the hint says, or ask an owner of the Remote to change its options',
  Locked:
    'wait, or ask the person that the message names; `ssh -p <port> git@<host> unlock <namespace>/<remote>` ends it',
  RunOff:
    'ask the operator to set `run.enabled: true` in the values of the chart: `gitkube install --values <file>` with the flags of the first time, or `helm upgrade … --set run.enabled=true`; `GITKUBE_RUN=on` alone gives none of the [rights](rights.md) for it',
  TasksOff:
    'ask the operator to set `tasks.enabled: true` in the values of the chart: `gitkube install --values <file>` with the flags of the first time, or `helm upgrade … --set tasks.enabled=true`; `GITKUBE_TASKS=on` alone gives none of the [rights](rights.md) for it',
  TaskFailed: 'read its last lines in the push, fix it, and push again: [tasks](tasks.md#when-one-fails)',
  TaskTimeout: 'make it faster, or set a larger `timeoutSeconds` of the task',
  ServedElsewhere: 'push to the URL in the status of the Remote: `kubectl get remotes`',
  TransferTimeout: 'use a faster connection, or ask the operator for a longer limit',
  RefRefused:
    'push to the branch that deploys, as `git push dev HEAD:main`; for a release, `git push dev HEAD:refs/rollback/<number>`',
  NotPromoted: 'push the commit to the Remote that the hint names, then here again: [promotion](guides/promotion.md)',
  RefMoved:
    '`git fetch dev main && git log ..FETCH_HEAD` shows the new commits; rebase yours on them (`git rebase FETCH_HEAD`), and push again',
  PushOptionUnknown: 'use one of the options that the hint lists',
  PushSuperseded: 'nothing, or push again if the newer push does not contain this commit',
  ReleaseNotFound: 'choose one that `git ls-remote --tags dev` lists',
  ReleaseUnusable: 'build its commit again, with the command of the hint',
  DeployNotFound: 'list the records: `ssh -p <port> git@<host> deploys <namespace>/<remote>`',
  RepositoryTooLarge: 'push without the large files, or ask the operator to raise `GITKUBE_MAX_REPOSITORY_BYTES`',
  RegistryMissing: 'set `spec.registry.url`: `kubectl -n <namespace> edit remote <name>`',
  SecretUnusable:
    'create the Secret with the command of the hint, or correct its name: `kubectl -n <namespace> edit remote <name>`',
  EnvUnusable: 'follow the hint: [environment variables over ssh](guides/env.md)',
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
  ObjectFailed: 'read its conditions: `kubectl -n <namespace> describe <kind> <name>`',
  BuildFailed: 'read the error and what the failed step printed, fix it, and push again',
  BuildTimeout: 'make the build faster, or ask the operator to raise `GITKUBE_BUILD_TIMEOUT_SECONDS`',
  BuildOutputTooLarge: 'make the steps of the Dockerfile print less',
  PushTimeout: 'make the image smaller, or ask the operator to raise `GITKUBE_IMAGE_PUSH_TIMEOUT_SECONDS`',
  RegistryDenied: 'correct the Secret in `spec.registry.credentials`, or let its user push',
  RegistryRefused: 'free space in the registry, or follow the hint',
  PatchRefused: 'change the workload as the message asks, or ask an administrator of the cluster',
  ImagePullFailed:
    'push the image that the message names, or correct its name; if it exists, check `imagePullSecrets` and the way to the registry',
  ContainerConfigError: 'create what the message names, or correct the pod template or the command of the container',
  ContainerCrashed:
    'read its last lines in the push, fix it, and push again; when it ran out of memory, raise its memory limit',
  ReadinessLost: 'read why in the message, fix it, and push again; until then the previous release runs',
  PodUnschedulable: 'request less in `resources.requests`, correct the node selector, or add a node',
  RolloutTimeout:
    'read in the push what it waited for; if it only needs longer, raise `spec.rollout.timeoutSeconds` (`kubectl -n <namespace> edit remote <name>`), or `progressDeadlineSeconds` in the Deployment',
  RolloutRefused:
    'ask an administrator of the cluster to raise the quota, follow the policy in the pod template, or resume a paused workload: `kubectl -n <namespace> rollout resume deployment/<name>`',
  Drifted:
    '`ssh -p <port> git@<host> redeploy <namespace>/<remote>` restores it; `spec.reconcile: true` restores it each time',
  RepairFailed: 'read the reason in the message; Gitkube tries again',
  RollbackFailed: 'type the command of the hint, which restores it',
  ClusterForbidden:
    'type the commands of the hint, or ask the operator to run `gitkube doctor`, which prints those that grant it',
  DiskFull: 'push again once the operator has freed space',
  GitOutOfMemory:
    '`git -c core.bigFileThreshold=16m push dev main`, or ask the operator to raise `GITKUBE_MAX_GIT_MEMORY_BYTES`',
  ReleaseUnreadable: 'push a new commit, an empty one is enough (`git commit --allow-empty`): its release replaces it',
  JournalUnreadable: 'ask the operator to check the workloads, then to delete the journal',
  UsageInvalid: 'type the command with `--help`',
  FileUnusable: 'correct the file or its name',
  ServerUnreachable: 'type what the hint says; `gitkube doctor` finds what the server lacks',
  NotInstalled: '`gitkube install`, or choose another cluster with `--context`',
  RemoteNotFound: '`gitkube remote list -A` shows all of them',
  ObjectRefused: 'correct the object: the message has the answer of the API server',
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
    'Every error has a reason: one word that is the same in `ssh … deploys`, in conditions, in Events and in the log. The hints of',
    'the message itself are more exact than what is written here. `GITKUBE_DOCS_URL` makes each failure of a push link to its',
    'reason. What git and ssh say before Gitkube has the push has no reason: it is [at the end](#what-git-and-ssh-say). Here, `dev` is what the clone',
    'calls the Remote: `git remote -v` shows it.',
    '',
    ...table(),
    ...reasons.flatMap(section),
    ...ofOthers,
  ].join('\n');
}

/** For a reader who has the words of a push and no reason. */
function table(): string[] {
  const rows = (Object.keys(examples) as Reason[]).map((reason) => {
    const error = linesOf(reason).find((line) => line.startsWith('remote: error: ')) ?? '';
    return `| [${reason}](#${reason.toLowerCase()}) | \`${error.replace('remote: error: ', '').replaceAll('|', '\\|')}\` |`;
  });
  return ['| reason | a push that says so |', '|---|---|', ...rows, ''];
}

/** What ends a push before the server has it, in the words of git and ssh. */
const ofOthers = [
  '## What git and ssh say',
  '',
  '| message | means | to do |',
  '|---|---|---|',
  '| `(fetch first)`, `(non-fast-forward)` | the branch on the remote has a commit that yours does not have, or your clone is shallow | `git pull --rebase dev main` or `git fetch --unshallow`, and push again; `git push -f dev main` deploys your commit all the same |',
  '| `Everything up-to-date` | this commit runs already | nothing, or `ssh -p <port> git@<host> redeploy <namespace>/<remote>` |',
  '| `Permission denied (publickey)` | no Remote lists the key that ssh offered | find its file with `ssh-keygen -lf <file>.pub`; use another one with `IdentityFile` in `~/.ssh/config`, or send this one to an owner of the Remote, who types `gitkube remote keys add <namespace>/<remote> <file>.pub` |',
  '| `Host key verification failed` | your `known_hosts` has no key of this server, or another one | ask the operator for [the host key](guides/ci.md) |',
  '',
];

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

/** What a pusher sees of it; empty: there is no example. */
function linesOf(reason: Reason): string[] {
  const name = examples[reason];
  if (name === undefined) return [];
  return readFileSync(new URL(`../test/failures/${name}.txt`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
}

/** From the evidence on; that is what it is about. */
function exampleOf(reason: Reason): string[] {
  const lines = linesOf(reason);
  if (lines.length === 0) return [];
  const shown = lines.filter((line) => /^(?:\$ |remote: (?: {2}\| |error: |hint: )| ! )/.test(line));
  return ['```', ...shown, '```', ''];
}
