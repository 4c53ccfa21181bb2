/**
 * The one catalog of everything that can go wrong.
 *
 * A reason is stable and CamelCase: it is the reason of the Kubernetes Event and condition, the word in the log and
 * the key of docs/errors.md. Its kind decides everything else:
 * - `user`: somebody has to change something; reported at once, never retried, a Warning event;
 * - `transient`: it may work in a moment; retried, and when that did not help the pusher reads to push again;
 * - `internal`: a fault of Gitkube; the pusher gets the id that the log has too, and no internals.
 */
export type ErrorKind = 'user' | 'transient' | 'internal';

export interface CatalogEntry {
  readonly kind: ErrorKind;
  readonly about: string;
  /** For docs/errors.md. Unset: what its kind says there. */
  readonly fix?: string;
}

export const catalog = {
  // configuration and start
  ConfigInvalid: {
    kind: 'user',
    about: 'a setting of the server is missing or invalid',
    fix: 'correct the setting that the message names: `gitkube serve --help` lists them',
  },
  AddonUnsafe: {
    kind: 'user',
    about: 'the native addon of ssh2 would abort the server',
    fix: 'build the addon again, or delete it, as the hint says',
  },
  HostKeyUnusable: {
    kind: 'user',
    about: 'the SSH host key exists and cannot be read or parsed',
    fix: 'restore the key from a backup; with a new key every client has to trust the server again',
  },
  // remote-crd
  RemoteInvalid: {
    kind: 'user',
    about: 'the Remote does not match its schema, or contradicts itself',
    fix: 'correct the field that the message names: `kubectl edit remote <name>`',
  },
  // ssh
  CommandRefused: {
    kind: 'user',
    about: 'the SSH command is not one that Gitkube supports',
    fix: 'use `git push`, `git fetch` or `git clone`, or ssh without a command',
  },
  LfsUnsupported: {
    kind: 'user',
    about: 'Git LFS asks for a store of its objects, which Gitkube does not have',
    fix: '`git push --no-verify dev main`, or set `remote.dev.lfsurl` to an LFS server',
  },
  RemoteUnknown: {
    kind: 'user',
    about: 'no Remote of that name accepts this key',
    fix: 'check the URL, and add the key: `gitkube remote keys add <name> <file>`',
  },
  ServedElsewhere: {
    kind: 'user',
    about: 'another Gitkube server serves the namespace of the Remote',
    fix: 'push to the URL in the status of the Remote: `kubectl get remotes`',
  },
  ServerBusy: { kind: 'transient', about: 'a limit of the server is reached' },
  TransferTimeout: {
    kind: 'user',
    about: 'the push was not sent, or the fetch not received, within its time limit',
    fix: 'use a faster connection, or ask the operator for a longer limit',
  },
  ShuttingDown: { kind: 'transient', about: 'the server is stopping and takes no new push' },
  // checks before anything is built
  RefRefused: {
    kind: 'user',
    about: 'the push has a ref that this Remote does not accept',
    fix: 'push the branch that the hint names',
  },
  RefMoved: {
    kind: 'user',
    about: 'the branch moved during the push',
    fix: '`git fetch`, look at the new commits, and push again',
  },
  PushOptionUnknown: {
    kind: 'user',
    about: 'the push has an option that Gitkube does not know, or that does not fit',
    fix: 'use one of the options that the hint lists',
  },
  PushSuperseded: {
    kind: 'user',
    about: 'a newer push of the same branch replaced this one while it waited',
    fix: 'nothing, or push again if the newer push does not contain this commit',
  },
  ReleaseNotFound: {
    kind: 'user',
    about: 'the Remote has no release of that number',
    fix: 'choose one of `git ls-remote dev`',
  },
  ReleaseUnusable: {
    kind: 'user',
    about: 'a release cannot run again: an image of it is gone, or it has none for the Remote',
    fix: 'build its commit again, with the command of the hint',
  },
  DeployNotFound: {
    kind: 'user',
    about: 'the Remote has no record of that deploy, or of any',
    fix: 'list the records: `ssh -p <port> git@<host> deploys <namespace>/<remote>`',
  },
  PushCutOff: { kind: 'transient', about: 'the server stopped during the push' },
  RepositoryTooLarge: {
    kind: 'user',
    about: 'the push would make the repository larger than its limit',
    fix: 'push without the large files, or ask the operator to raise `GITKUBE_MAX_REPOSITORY_BYTES`',
  },
  RegistryMissing: {
    kind: 'user',
    about: 'neither the Remote nor the server names a registry',
    fix: 'set `spec.registry.url`: `kubectl edit remote <name>`',
  },
  SecretUnusable: {
    kind: 'user',
    about: 'the Secret with the registry credentials is missing or has none for the registry',
    fix: 'create it: `kubectl create secret docker-registry …`',
  },
  WorkloadNotFound: {
    kind: 'user',
    about: 'a workload that the Remote names does not exist',
    fix: 'apply the workload first, or correct its name in `spec.deployments`',
  },
  ContainerNotFound: {
    kind: 'user',
    about: 'a workload does not have the container that the Remote names',
    fix: 'correct the name of the container in `spec.deployments`',
  },
  ContextNotFound: {
    kind: 'user',
    about: 'the commit does not have the folder in `path` of a container',
    fix: 'commit the folder, or correct `path`',
  },
  DockerfileNotFound: {
    kind: 'user',
    about: 'the commit does not have the Dockerfile of a container',
    fix: 'commit the file, or correct `dockerfile`',
  },
  ContextTooLarge: {
    kind: 'user',
    about: 'the build context has more bytes or files than the limit',
    fix: 'exclude files with a `.dockerignore`, or set a smaller folder as `path`',
  },
  ContextInvalid: {
    kind: 'user',
    about: 'the build context has a file name, a symlink or an ignore file that cannot be used',
    fix: 'rename, correct or exclude the file that the message names',
  },
  // manifests of the repository
  ManifestsInvalid: {
    kind: 'user',
    about: 'the manifests of the commit are missing, cannot be read or are not allowed',
    fix: 'correct the file that the message names: [what is refused](manifests.md#what-is-refused-or-skipped)',
  },
  ManifestsToolFailed: {
    kind: 'user',
    about: 'helm or kustomize cannot render the manifests',
    fix: 'run the command of the hint, which reproduces it',
  },
  ManifestsRefused: {
    kind: 'user',
    about: 'the API server refuses an object of the manifests',
    fix: 'correct the object, or grant the right that the hint names',
  },
  JobFailed: {
    kind: 'user',
    about: 'a Job of the manifests failed',
    fix: 'read the last lines of its container in the push, fix it, and push again',
  },
  ObjectFailed: {
    kind: 'user',
    about: 'an object of the manifests reports that it has failed',
    fix: 'read its conditions: `kubectl describe`',
  },
  // build and registry
  BuildFailed: {
    kind: 'user',
    about: 'a step of the Dockerfile failed',
    fix: 'read the output of that step in the push, fix it, and push again',
  },
  BuildTimeout: {
    kind: 'user',
    about: 'a build took longer than its limit',
    fix: 'make the build faster, or ask the operator to raise `GITKUBE_BUILD_TIMEOUT_SECONDS`',
  },
  BuildOutputTooLarge: {
    kind: 'user',
    about: 'a build printed more than its limit',
    fix: 'make the steps of the Dockerfile print less',
  },
  ImageMissing: { kind: 'transient', about: 'an image was removed from the engine before it was pushed' },
  EngineUnavailable: { kind: 'transient', about: 'the Docker Engine does not answer' },
  PushTimeout: {
    kind: 'user',
    about: 'the push of an image to the registry took longer than its limit',
    fix: 'make the image smaller, or ask the operator to raise `GITKUBE_IMAGE_PUSH_TIMEOUT_SECONDS`',
  },
  RegistryDenied: {
    kind: 'user',
    about: 'the registry refuses the credentials of the Remote',
    fix: 'correct the Secret in `spec.registry.credentials`, or the rights of its account',
  },
  RegistryRefused: {
    kind: 'user',
    about: 'the registry has no space for the image, or does not accept it',
    fix: 'free space in the registry, or follow the hint',
  },
  RegistryUnavailable: { kind: 'transient', about: 'the registry does not answer, or not like a registry' },
  // rollout
  PatchRefused: {
    kind: 'user',
    about: 'the API server refuses the change of a workload',
    fix: 'read its reason in the message: often an admission policy',
  },
  WorkloadChanged: { kind: 'transient', about: 'somebody else changed the workload at the same moment' },
  ImagePullFailed: {
    kind: 'user',
    about: 'the nodes cannot pull the new image',
    fix: 'check that the nodes reach the registry, and `imagePullSecrets` of the pod template',
  },
  ContainerConfigError: {
    kind: 'user',
    about: 'the new pod names a ConfigMap, a Secret or a key that does not exist',
    fix: 'create it, or correct the pod template',
  },
  ContainerCrashed: {
    kind: 'user',
    about: 'a container of the new version exits',
    fix: 'read its last lines in the push, fix it, and push again',
  },
  PodUnschedulable: {
    kind: 'user',
    about: 'the new pod cannot be scheduled on any node',
    fix: 'request less in `resources.requests`, correct the node selector, or add a node',
  },
  RolloutTimeout: {
    kind: 'user',
    about: 'the new version was not ready within `rollout.timeoutSeconds`',
    fix: 'read in the push what it waited for; if it only needs longer, raise `rollout.timeoutSeconds`',
  },
  RolloutRefused: {
    kind: 'user',
    about: 'Kubernetes cannot create the pods of the new version (quota, admission)',
    fix: 'raise the quota, or correct the pod template',
  },
  Drifted: {
    kind: 'user',
    about: 'somebody else changed what a workload runs since the last release',
    fix: 'push again, or set `spec.reconcile: true`',
  },
  RepairFailed: {
    kind: 'user',
    about: 'a workload that drifted could not be restored to the last release',
    fix: 'read the reason in the message; Gitkube tries again',
  },
  RestoreUnfinished: { kind: 'transient', about: 'the server stopped before everything that it restored was running' },
  RollbackFailed: {
    kind: 'internal',
    about: 'a workload or an object could not be restored after a failed deploy',
    fix: 'type the command of the hint, which restores it',
  },
  ClusterUnavailable: { kind: 'transient', about: 'the Kubernetes API does not answer' },
  ClusterForbidden: {
    kind: 'user',
    about: 'the service account of Gitkube lacks a right',
    fix: 'ask the operator to run `gitkube doctor`, which prints the commands that grant it',
  },
  // git
  DiskFull: {
    kind: 'transient',
    about: 'the disk with the repositories is full',
    fix: 'push again once the operator has freed space',
  },
  GitOutOfMemory: {
    kind: 'user',
    about: 'git needs more memory for a push than its limit',
    fix: '`git -c core.bigFileThreshold=16m push dev main`, or ask the operator to raise `GITKUBE_MAX_GIT_MEMORY_BYTES`',
  },
  GitFailed: { kind: 'internal', about: 'a git command of the server failed' },
  ReleaseUnreadable: {
    kind: 'user',
    about: 'a release tag was created by a newer version or by hand, or is damaged',
    fix: 'push again: a new release replaces it',
  },
  JournalUnreadable: {
    kind: 'internal',
    about: 'the journal of an interrupted rollout is damaged',
    fix: 'ask the operator to check the workloads, then to delete the journal',
  },
  // the command line
  UsageInvalid: {
    kind: 'user',
    about: 'an argument of the command line is missing, unknown or invalid',
    fix: 'type the command with `--help`',
  },
  FileUnusable: {
    kind: 'user',
    about: 'a file that the command line names cannot be read, written or parsed',
    fix: 'correct the file or its name',
  },
  NotInstalled: {
    kind: 'user',
    about: 'the cluster does not know Remotes: Gitkube is not installed in it',
    fix: '`gitkube install`, or choose another cluster with `--context`',
  },
  RemoteNotFound: {
    kind: 'user',
    about: 'the cluster has no Remote of that name',
    fix: '`gitkube remote list -A` shows all of them',
  },
  ObjectRefused: { kind: 'user', about: 'the API server refuses an object', fix: 'read its reason in the message' },
  ObjectChanged: {
    kind: 'transient',
    about: 'somebody else changed the object at the same moment',
    fix: 'repeat the command',
  },
  Timeout: {
    kind: 'user',
    about: 'what a command waited for did not happen in time',
    fix: 'type the command of the hint, which shows why',
  },
  Cancelled: { kind: 'user', about: 'the push was cancelled before it was done', fix: 'push again' },
  Internal: { kind: 'internal', about: 'a fault of Gitkube' },
} as const satisfies Record<string, CatalogEntry>;

export type Reason = keyof typeof catalog;

export interface ErrorDetails {
  /** What to type or change next, one line each. */
  readonly hint?: string | readonly string[];
  /** What proves the reason, for example the last log lines of a container. Untrusted text: escaped when printed. */
  readonly evidence?: readonly string[];
  readonly cause?: unknown;
}

/**
 * An error that its reader can act on. `message` is lower case, without a full stop: reason first, then what it is
 * about. It never holds a secret, a stack or a path of the server.
 */
export class GitkubeError extends Error {
  override readonly name = 'GitkubeError';
  readonly reason: Reason;
  readonly hint: readonly string[];
  readonly evidence: readonly string[];

  constructor(reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.hint = typeof details.hint === 'string' ? [details.hint] : (details.hint ?? []);
    this.evidence = details.evidence ?? [];
  }

  get kind(): ErrorKind {
    return catalog[this.reason].kind;
  }
}

/** Any thrown value as an error of the catalog: one that is not in it is a fault of Gitkube. */
export function asGitkubeError(thrown: unknown): GitkubeError {
  if (thrown instanceof GitkubeError) return thrown;
  if (['ENOSPC', 'EDQUOT'].includes((thrown as NodeJS.ErrnoException | undefined)?.code ?? '')) return diskFull(thrown);
  return new GitkubeError('Internal', 'something went wrong inside Gitkube', { cause: thrown });
}

/** For everything that a stop of the server ends: as the reason of a signal, it is the error that waiters get. */
export function shuttingDown(): GitkubeError {
  return new GitkubeError('ShuttingDown', 'the server is restarting', { hint: 'push again in a moment' });
}

export function diskFull(cause?: unknown): GitkubeError {
  return new GitkubeError('DiskFull', 'the disk of the server is full', {
    hint: 'push again once the operator has freed space there',
    cause,
  });
}
