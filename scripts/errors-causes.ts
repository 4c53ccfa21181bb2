import type { Reason } from '../base/errors.ts';

/** The usual causes, the most frequent first, where the reason alone does not say them. */
export const causes: Partial<Record<Reason, readonly string[]>> = {
  RemoteInvalid: ['a field has a value of the wrong kind', 'two containers of the Remote build the same image'],
  RemoteUnknown: [
    'the URL has a typo',
    'the key is not in `spec.authorizedKeys` of this Remote',
    'ssh offered another key than the one that you meant: `ssh -v` shows which',
  ],
  ServerBusy: ['many pushes at once', 'a limit that is too small for the number of Remotes'],
  RefRefused: [
    'another branch than the one that deploys: `spec.branch`, or `main` or `master`',
    'a tag `releases/*`, which only Gitkube creates',
    'the deletion of the branch that runs',
  ],
  ReleaseUnusable: [
    'an image of the release was deleted from the registry',
    'the release has no image for any container that the Remote deploys now',
    'its tag cannot be read',
  ],
  RefMoved: ['somebody else pushed in between', '`spec.branch` was changed while the push waited'],
  RepositoryTooLarge: ['large files in the history, such as archives and videos'],
  SecretUnusable: [
    'the Secret is in another namespace',
    'it is of another type than `docker-registry`',
    'it is for another registry',
    '`manifests.helm.valuesFrom` names a Secret or a key that does not exist',
  ],
  EnvUnusable: [
    '`env.enabled` of the chart is false',
    'the Remote has no `spec.env`',
    'the Secret or ConfigMap was never created, or is immutable',
    'another Remote names it, too',
    'it is the host key of the server, a snapshot, or a Secret of a type other than Opaque',
  ],
  WorkloadNotFound: ['the Deployment was never applied', 'it has another name, kind or namespace'],
  DockerfileNotFound: [
    'the file has another name, or is not committed',
    '`dockerfile` counts from the root of the repository and not from `path`',
    'it is a symlink to something that is not in the repository',
  ],
  ContextTooLarge: ['`node_modules`, data or build results are committed'],
  ManifestsInvalid: [
    'an API version that Kubernetes has removed',
    'YAML that cannot be parsed',
    'the folder of the manifests has a file that is not a manifest',
  ],
  ManifestsToolFailed: [
    'a value that a chart needs has no default in the repository',
    'a file that a kustomization names is missing',
  ],
  ManifestsRefused: [
    'the ServiceAccount does not exist, or lacks a right',
    'a field has another name or another type: the value of an environment variable is text, so numbers need quotes',
    'a field that cannot be changed, such as the selector of a Deployment',
    'another namespace than that of the Remote',
  ],
  JobFailed: ['a migration that does not fit the data', 'a service that the Job needs is not reachable'],
  BuildFailed: [
    'a command of the Dockerfile fails, as it does on your machine',
    'COPY names a file that is not committed, or that `.dockerignore` excludes',
    'the base image does not exist, or is private',
    '`target` names a stage that the Dockerfile does not have',
    'the Dockerfile has a syntax error, or a `# syntax=` line with a frontend that is not allowed',
    '`RUN --mount` asks for a secret or an SSH agent: a build gets neither',
  ],
  BuildTimeout: ['a download without a timeout', 'a command that waits for input'],
  EngineUnavailable: ['the engine is being restarted', 'its disk is full', '`GITKUBE_ENGINE` has the wrong address'],
  RegistryDenied: ['a password or token that has expired', 'a user of the registry who may pull but not push'],
  RegistryRefused: ['a full disk or a quota', 'a proxy that does not take large requests'],
  RegistryUnavailable: [
    'the registry is being restarted',
    '`spec.registry.url` names another host',
    'a certificate that is not trusted',
  ],
  PatchRefused: [
    'an admission policy or webhook, for example for signed images',
    'a value of the workload that has become invalid',
  ],
  ImagePullFailed: [
    'an image that Gitkube does not build, such as that of a sidecar or an init container, does not exist',
    'the nodes have no credentials: `imagePullSecrets`',
    'the nodes do not reach the registry, or expect TLS',
  ],
  ContainerConfigError: [
    'a Secret, a ConfigMap or a key of one that does not exist in this namespace',
    'a command that the image does not have',
    '`runAsNonRoot`, and an image that runs as root',
  ],
  ContainerCrashed: [
    'a setting is missing, or a database is not reachable',
    'the process ends instead of running on',
    'the memory limit is too small',
  ],
  PodUnschedulable: [
    'no node has enough memory or CPU free',
    '`nodeSelector`, affinity or taints leave no node',
    'a PersistentVolumeClaim is not bound',
  ],
  RolloutTimeout: [
    'the readiness probe asks another port or path than the app serves',
    'an init container waits for something that never comes',
    'the app needs longer to start than `rollout.timeoutSeconds` or `progressDeadlineSeconds` allows',
  ],
  RolloutRefused: ['a ResourceQuota', 'Pod Security or another admission policy', 'the workload is paused'],
  Drifted: ['`kubectl set image` or `kubectl edit`', 'another tool deploys the same workload'],
  ClusterForbidden: [
    'Gitkube was installed for some namespaces only',
    'its rights were changed after the installation',
  ],
  DiskFull: ['repositories and records have filled the volume of the data folder'],
  Cancelled: ['`ssh … cancel`', 'a cluster that was shut down while the push was under way'],
};

/** What a pusher reads: a file of test/failures. */
export const examples: Partial<Record<Reason, string>> = {
  RefRefused: 'git/another-branch',
  PushOptionUnknown: 'git/unknown-option',
  ReleaseNotFound: 'git/rollback-to-no-release',
  SecretUnusable: 'registry/secret-missing',
  WorkloadNotFound: 'rollout/deployment-missing',
  DockerfileNotFound: 'build/dockerfile-is-a-link-to-nothing',
  ManifestsInvalid: 'manifests/yaml-invalid',
  ManifestsToolFailed: 'manifests/nil-pointer-in-a-chart',
  ManifestsRefused: 'manifests/number-as-env-value',
  JobFailed: 'manifests/job-fails',
  BuildFailed: 'build/copy-of-a-missing-file',
  RegistryDenied: 'registry/wrong-password',
  RegistryRefused: 'registry/full',
  RegistryUnavailable: 'registry/does-not-answer',
  PatchRefused: 'rollout/admission',
  ImagePullFailed: 'rollout/image-of-a-sidecar-missing',
  ContainerConfigError: 'rollout/secret-missing',
  ContainerCrashed: 'rollout/crash',
  PodUnschedulable: 'rollout/no-node-with-that-label',
  RolloutTimeout: 'rollout/probe-asks-another-port',
  RolloutRefused: 'rollout/quota',
};
