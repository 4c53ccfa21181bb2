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

interface CatalogEntry {
  readonly kind: ErrorKind;
  readonly about: string;
}

export const catalog = {
  // configuration and start
  ConfigInvalid: { kind: 'user', about: 'a setting of the server is missing or wrong' },
  AddonUnsafe: { kind: 'user', about: 'the native addon of ssh2 would abort the server' },
  HostKeyUnusable: { kind: 'user', about: 'the SSH host key exists and cannot be read or parsed' },
  // remote-crd
  RemoteInvalid: { kind: 'user', about: 'the Remote does not fit its schema, or contradicts itself' },
  // ssh
  CommandRefused: { kind: 'user', about: 'the SSH command is not one of those that Gitkube knows' },
  LfsUnsupported: { kind: 'user', about: 'Git LFS asks for a place for its objects, which Gitkube does not have' },
  RemoteUnknown: { kind: 'user', about: 'no Remote of that name accepts this key' },
  ServedElsewhere: { kind: 'user', about: 'another server of Gitkube serves the namespace of the Remote' },
  ServerBusy: { kind: 'transient', about: 'a limit of the server is reached' },
  TransferTimeout: { kind: 'user', about: 'sending or fetching took longer than its limit' },
  ShuttingDown: { kind: 'transient', about: 'the server is stopping and takes no new push' },
  // checks before anything is built
  RefRefused: { kind: 'user', about: 'the pushed ref is not one that deploys' },
  RefMoved: { kind: 'user', about: 'the branch moved while this push was on its way' },
  PushOptionUnknown: { kind: 'user', about: 'a push option is not one of those that Gitkube knows' },
  PushSuperseded: { kind: 'user', about: 'a newer push of the same branch took the place of this waiting one' },
  ReleaseNotFound: { kind: 'user', about: 'the Remote has no release of the number to roll back to' },
  ReleaseUnusable: {
    kind: 'user',
    about: 'a release cannot run again: an image of it is gone, or it has none for the Remote',
  },
  DeployNotFound: { kind: 'user', about: 'the Remote keeps no deploy of the id, or none at all' },
  PushCutOff: { kind: 'transient', about: 'the server ended while the push was under way' },
  RepositoryTooLarge: { kind: 'user', about: 'the repository of the Remote would be over the limit of bytes' },
  RegistryMissing: { kind: 'user', about: 'neither the Remote nor the server names a registry' },
  SecretUnusable: { kind: 'user', about: 'the Secret with the registry credentials is missing or holds none' },
  WorkloadNotFound: { kind: 'user', about: 'a workload that the Remote names does not exist' },
  ContainerNotFound: { kind: 'user', about: 'a workload has no container of the name that the Remote gives' },
  ContextNotFound: { kind: 'user', about: 'the commit has no folder at the path of a container' },
  DockerfileNotFound: { kind: 'user', about: 'the commit has no Dockerfile where the Remote says' },
  ContextTooLarge: { kind: 'user', about: 'the build context is over the limit of bytes or files' },
  ContextInvalid: {
    kind: 'user',
    about: 'the build context has a name, a symlink or an ignore file that cannot be used',
  },
  // manifests of the repository
  ManifestsInvalid: {
    kind: 'user',
    about: 'the manifests of the commit are missing, cannot be read or are not allowed',
  },
  ManifestsToolFailed: { kind: 'user', about: 'helm or kustomize could not render the manifests' },
  ManifestsRefused: { kind: 'user', about: 'the API server refuses an object of the manifests' },
  JobFailed: { kind: 'user', about: 'a Job of the manifests failed' },
  ObjectFailed: { kind: 'user', about: 'an object of the manifests says that it has failed' },
  // build and registry
  BuildFailed: { kind: 'user', about: 'the engine could not build an image' },
  BuildTimeout: { kind: 'user', about: 'a build took longer than its limit' },
  BuildOutputTooLarge: { kind: 'user', about: 'a build printed more than its limit' },
  ImageMissing: { kind: 'transient', about: 'an image was removed from the engine before it was pushed' },
  EngineUnavailable: { kind: 'transient', about: 'the Docker Engine does not answer' },
  PushTimeout: { kind: 'user', about: 'the push of an image to the registry took longer than its limit' },
  RegistryDenied: { kind: 'user', about: 'the registry refuses the credentials of the Remote' },
  RegistryRefused: { kind: 'user', about: 'the registry has no room for the image, or does not take it as it is' },
  RegistryUnavailable: { kind: 'transient', about: 'the registry does not answer as it should' },
  // rollout
  PatchRefused: { kind: 'user', about: 'the API server refuses the change of a workload' },
  WorkloadChanged: { kind: 'transient', about: 'somebody else changed the workload at the same moment' },
  ImagePullFailed: { kind: 'user', about: 'the nodes cannot pull the new image' },
  ContainerConfigError: { kind: 'user', about: 'the new pod names configuration that does not exist' },
  ContainerCrashed: { kind: 'user', about: 'a container of the new version exits' },
  PodUnschedulable: { kind: 'user', about: 'no node takes the new pod' },
  RolloutTimeout: { kind: 'user', about: 'the new version was not ready within rollout.timeoutSeconds' },
  RolloutRefused: { kind: 'user', about: 'Kubernetes cannot make the pods of the new version (quota, admission)' },
  Drifted: { kind: 'user', about: 'somebody else changed what a workload runs since the last release' },
  RepairFailed: { kind: 'user', about: 'a workload that drifted could not be set back to the last release' },
  RestoreUnfinished: { kind: 'transient', about: 'the server stopped before everything that it restored ran again' },
  RollbackFailed: {
    kind: 'internal',
    about: 'a workload or an object could not be restored after a deploy that failed',
  },
  ClusterUnavailable: { kind: 'transient', about: 'the Kubernetes API does not answer' },
  ClusterForbidden: { kind: 'user', about: 'the service account of Gitkube lacks a right' },
  // git
  DiskFull: { kind: 'transient', about: 'the disk with the repositories has no room left' },
  GitOutOfMemory: { kind: 'user', about: 'git needs more memory for a push than it may have' },
  GitFailed: { kind: 'internal', about: 'a git command of the server failed' },
  ReleaseUnreadable: { kind: 'user', about: 'a release tag was made by a newer version or by hand, or is damaged' },
  JournalUnreadable: { kind: 'internal', about: 'the record of a rollout that was cut off is damaged' },
  // the command line
  UsageInvalid: {
    kind: 'user',
    about: 'the command line lacks something, or has something that does not belong there',
  },
  FileUnusable: { kind: 'user', about: 'a file that the command line names cannot be read, written or understood' },
  NotInstalled: { kind: 'user', about: 'the cluster knows no Remotes: Gitkube is not installed in it' },
  RemoteNotFound: { kind: 'user', about: 'the cluster has no Remote of that name' },
  ObjectRefused: { kind: 'user', about: 'the API server refuses an object' },
  ObjectChanged: { kind: 'transient', about: 'somebody else changed the object at the same moment' },
  Timeout: { kind: 'user', about: 'what a command waited for did not happen in time' },
  Cancelled: { kind: 'user', about: 'the push was ended before it was done' },
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
    hint: 'push again once the operator has made room there',
    cause,
  });
}
