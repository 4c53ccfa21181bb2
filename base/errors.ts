import { again } from './again.ts';

/**
 * The one catalog of everything that can go wrong.
 *
 * A reason is stable and CamelCase: it is the reason of the Kubernetes Event and condition, the word in the log and
 * the key of docs/errors.md. Its kind decides everything else:
 * - `user`: somebody has to change something; reported at once, never retried, a Warning event;
 * - `transient`: it may work in a moment; retried, and when that did not help its reader is asked to try again;
 * - `internal`: a fault of Gitkube; the pusher gets the id that the log has too, and no internals.
 */
export type ErrorKind = 'user' | 'transient' | 'internal';

export interface CatalogEntry {
  readonly kind: ErrorKind;
  readonly about: string;
}

export const catalog = {
  // configuration and start
  ConfigInvalid: { kind: 'user', about: 'a setting of the server is missing or invalid' },
  AddonUnsafe: { kind: 'user', about: 'the native addon of ssh2 would abort the server' },
  HostKeyUnusable: { kind: 'user', about: 'the SSH host key exists and cannot be read or parsed' },
  // remote-crd
  RemoteInvalid: { kind: 'user', about: 'the Remote does not match its schema, or contradicts itself' },
  // ssh
  CommandRefused: { kind: 'user', about: 'the SSH command is not one that Gitkube supports' },
  LfsUnsupported: { kind: 'user', about: 'the repository uses Git LFS, and the Remote names no LFS server' },
  LfsUnavailable: { kind: 'user', about: 'the LFS server of the Remote does not have an object, or does not answer' },
  SubmoduleUnavailable: { kind: 'user', about: 'a submodule of the commit cannot be fetched' },
  RemoteUnknown: { kind: 'user', about: 'no Remote at this URL accepts the key, or no Remote lists it at all' },
  AccessDenied: { kind: 'user', about: 'the Remote lists the key, and does not let it do that' },
  KeyExpired: { kind: 'user', about: 'the key is past the expiry-time of its line' },
  AddressDenied: { kind: 'user', about: 'the line of the key does not allow it from the address of the client' },
  TokenUnused: { kind: 'user', about: 'the key needs a touch or the PIN of its security token' },
  ServedElsewhere: { kind: 'user', about: 'another Gitkube server serves the namespace of the Remote' },
  Locked: { kind: 'user', about: 'somebody has locked the Remote against deploys' },
  RunOff: { kind: 'user', about: 'the operator of the server has not turned on `run`' },
  TasksOff: { kind: 'user', about: 'the Remote has tasks, and the operator of the server has not turned them on' },
  ServerBusy: { kind: 'transient', about: 'a limit of the server is reached' },
  TransferTimeout: { kind: 'user', about: 'the push was not sent, or the fetch not received, within its time limit' },
  ShuttingDown: { kind: 'transient', about: 'the server is stopping and takes no new push' },
  // checks before anything is built
  RefRefused: { kind: 'user', about: 'the push has a ref that this Remote does not accept' },
  NotPromoted: {
    kind: 'user',
    about: 'the Remote deploys only what another Remote has released, and that has not released the commit',
  },
  RefMoved: { kind: 'user', about: 'the branch moved during the push' },
  PushOptionUnknown: { kind: 'user', about: 'the push has an option that Gitkube does not know, or that does not fit' },
  PushSuperseded: { kind: 'user', about: 'a newer push of the same branch replaced this one while it waited' },
  ReleaseNotFound: { kind: 'user', about: 'the Remote has no release of that number' },
  ReleaseUnusable: {
    kind: 'user',
    about: 'a release cannot run again',
  },
  DeployNotFound: { kind: 'user', about: 'the Remote has no record of the deploy, or no deploy is under way' },
  PushCutOff: { kind: 'transient', about: 'the server stopped during the push' },
  RepositoryTooLarge: { kind: 'user', about: 'the push would make the repository larger than its limit' },
  RegistryMissing: { kind: 'user', about: 'neither the Remote nor the server names a registry' },
  SecretUnusable: {
    kind: 'user',
    about: 'a Secret that the Remote names does not exist, or has no credentials for the registry',
  },
  EnvUnusable: {
    kind: 'user',
    about: 'the Secret or ConfigMap in `spec.env` cannot be read, changed or restored, or the server may not',
  },
  WorkloadNotFound: { kind: 'user', about: 'a workload that the Remote names does not exist' },
  ContainerNotFound: { kind: 'user', about: 'a workload does not have the container that the Remote names' },
  ContextNotFound: { kind: 'user', about: 'the commit does not have the folder in `path` of a container' },
  DockerfileNotFound: { kind: 'user', about: 'the commit does not have the Dockerfile of a container' },
  ContextTooLarge: { kind: 'user', about: 'the build context has more bytes or files than the limit' },
  ContextInvalid: {
    kind: 'user',
    about: 'the build context has a file name, a symlink or an ignore file that cannot be used',
  },
  // manifests of the repository
  ManifestsInvalid: {
    kind: 'user',
    about: 'the manifests of the commit are missing, cannot be read or are not allowed',
  },
  ManifestsToolFailed: { kind: 'user', about: 'helm or kustomize cannot render the manifests' },
  ManifestsRefused: { kind: 'user', about: 'the API server refuses an object of the manifests' },
  TaskFailed: { kind: 'user', about: 'a task of the Remote failed' },
  TaskTimeout: { kind: 'user', about: 'a task of the Remote did not end within its `timeoutSeconds`' },
  JobFailed: { kind: 'user', about: 'a Job of the manifests failed' },
  ObjectFailed: { kind: 'user', about: 'an object of the manifests reports that it has failed' },
  // build and registry
  BuildFailed: { kind: 'user', about: 'an image cannot be built' },
  BuildTimeout: { kind: 'user', about: 'a build took longer than its limit' },
  BuildOutputTooLarge: { kind: 'user', about: 'a build printed more than its limit' },
  ImageMissing: { kind: 'transient', about: 'an image was removed from the engine before it was pushed' },
  EngineUnavailable: { kind: 'transient', about: 'the Docker Engine does not answer' },
  PushTimeout: { kind: 'user', about: 'the push of an image to the registry took longer than its limit' },
  RegistryDenied: { kind: 'user', about: 'the registry refuses the credentials of the Remote' },
  RegistryRefused: { kind: 'user', about: 'the registry has no space for the image, or does not accept it' },
  RegistryUnavailable: { kind: 'transient', about: 'the registry does not answer, or is not a registry' },
  // rollout
  PatchRefused: { kind: 'user', about: 'the API server refuses the change of a workload' },
  WorkloadChanged: { kind: 'transient', about: 'somebody else changed the workload at the same moment' },
  ImagePullFailed: { kind: 'user', about: 'a node cannot pull an image of the new pod' },
  ContainerConfigError: { kind: 'user', about: 'a container of the new pod cannot be started' },
  ContainerCrashed: { kind: 'user', about: 'a container of the new version exits or is killed' },
  ReadinessLost: { kind: 'user', about: 'a pod of the release was ready, and no longer is' },
  PodUnschedulable: { kind: 'user', about: 'the new pod cannot be scheduled on any node' },
  RolloutTimeout: { kind: 'user', about: 'the new version was not ready in time' },
  RolloutRefused: { kind: 'user', about: 'Kubernetes cannot create the pods of the new version' },
  Drifted: { kind: 'user', about: 'somebody else changed what a workload runs since the last release' },
  RepairFailed: { kind: 'user', about: 'a workload that drifted could not be restored to the last release' },
  RestoreUnfinished: {
    kind: 'transient',
    about: 'the server stopped before all restored workloads were running again',
  },
  RollbackFailed: { kind: 'internal', about: 'a workload or an object could not be restored after a failed deploy' },
  ClusterUnavailable: { kind: 'transient', about: 'the Kubernetes API does not answer' },
  ClusterForbidden: { kind: 'user', about: 'the service account of Gitkube lacks a right' },
  // git
  DiskFull: { kind: 'transient', about: 'the disk with the repositories is full' },
  GitOutOfMemory: { kind: 'user', about: 'git needs more memory for a push than its limit' },
  GitFailed: { kind: 'internal', about: 'a git command of the server failed' },
  ReleaseUnreadable: { kind: 'user', about: 'a release tag was created by a newer version or by hand, or is damaged' },
  JournalUnreadable: { kind: 'internal', about: 'the journal of an interrupted rollout is damaged' },
  // the command line
  UsageInvalid: { kind: 'user', about: 'an argument of the command line is missing, unknown or invalid' },
  FileUnusable: { kind: 'user', about: 'a file that the command line names cannot be read, written or parsed' },
  ServerUnreachable: {
    kind: 'transient',
    about: 'a command does not reach the server in the cluster, or is not answered to its end',
  },
  NotInstalled: { kind: 'user', about: 'the cluster does not know Remotes: Gitkube is not installed in it' },
  RemoteNotFound: { kind: 'user', about: 'the cluster has no Remote of that name' },
  ObjectRefused: { kind: 'user', about: 'the API server refuses an object' },
  ObjectChanged: { kind: 'transient', about: 'somebody else changed the object at the same moment' },
  Timeout: { kind: 'user', about: 'what a command waited for did not happen in time' },
  Cancelled: { kind: 'user', about: 'the push was cancelled before it was done' },
  Internal: { kind: 'internal', about: 'a fault of Gitkube' },
} as const satisfies Record<string, CatalogEntry>;

export type Reason = keyof typeof catalog;

export interface ErrorDetails {
  /** What to type or change next, one line each. */
  readonly hint?: string | readonly string[];
  /** What proves the reason, for example the last log lines of a container. Untrusted text: escaped when printed. */
  readonly evidence?: readonly string[];
  /** What the program that failed says of it, for where there is room for one line. Untrusted text, as evidence is. */
  readonly said?: string | undefined;
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
  readonly said: string | undefined;

  constructor(reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.hint = typeof details.hint === 'string' ? [details.hint] : (details.hint ?? []);
    this.evidence = details.evidence ?? [];
    this.said = details.said;
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
  return new GitkubeError('ShuttingDown', 'the server is restarting', { hint: `${again} in a moment` });
}

export function diskFull(cause?: unknown): GitkubeError {
  return new GitkubeError('DiskFull', 'the disk of the server is full', {
    hint: `${again} once the operator has freed space there`,
    cause,
  });
}
