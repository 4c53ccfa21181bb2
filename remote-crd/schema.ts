import { z } from 'zod';
import { workloadKinds } from '../kube/workload.ts';
import { taskStages } from './remote.ts';
import {
  branchName,
  configName,
  containerName,
  deploymentName,
  pathInRepository,
  printable,
  registryUrl,
  secretName,
  serviceAccountName,
  stageName,
  text,
} from './rules.ts';

/**
 * The spec of a Remote: the one source of the CRD, of its validation at run time and of `kubectl explain`.
 *
 * Every form that hasura/gitkube accepted and that could work is accepted: its CRD had no schema, and its own CLI wrote
 * empty leftovers (`manifests: {helm: {}, path: ""}`, `secretKeyRef: {key: ""}`). So nearly everything may be missing,
 * empty or null here, and parse.ts makes one form of it.
 */

const buildArg = z.object({
  name: z
    .string()
    .max(256)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .describe('The name of an ARG of the Dockerfile.'),
  value: text(32_768).nullish().describe('Its value: plain text, never a secret, because it can be read in the image.'),
});

const taskEnv = z.object({
  name: z
    .string()
    .max(256)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .describe('Its name. Names that begin with GITKUBE_ are set by Gitkube.'),
  value: text(32_768).nullish().describe('Its value: plain text, never a secret.'),
});

const container = z.object({
  name: text(63, containerName).describe(
    'A container or init container of the workload. The last part of the image name, too.',
  ),
  path: text(512, pathInRepository, printable)
    .nullish()
    .describe('The build context: a folder, relative to the repository root. Unset: the root.'),
  dockerfile: text(512, pathInRepository, printable)
    .nullish()
    .describe('The Dockerfile, relative to the repository root, not to path. Unset: Dockerfile in path.'),
  buildArgs: z
    .array(buildArg)
    .max(200)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .nullish()
    .describe('Values for the ARGs of the Dockerfile.'),
  target: text(128, stageName).nullish().describe('The stage of the Dockerfile to build. Unset: the last one.'),
});

const deployment = z.object({
  name: text(253, deploymentName).describe('A workload in the namespace of the Remote.'),
  kind: z
    .enum(workloadKinds)
    .nullish()
    .describe('Deployment, StatefulSet, DaemonSet or CronJob. Unset: Deployment. Names are unique across the kinds.'),
  containers: z
    .array(container)
    .max(50)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .nullish()
    .describe('The containers whose images are built from the repository. The others stay as they are.'),
});

const secretKeyRef = z.object({
  name: text(253, secretName).nullish().describe('The name of the Secret.'),
  key: text(253).nullish().describe('Ignored: the type of the Secret says where its credentials are.'),
  optional: z.boolean().nullish().describe('Ignored.'),
});

const credentials = z.object({
  secretRef: text(253, secretName)
    .nullish()
    .describe(
      'The name of a Secret in the namespace of the Remote, of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg. Wins over secretKeyRef.',
    ),
  secretKeyRef: secretKeyRef.nullish().describe('The older way to name the Secret.'),
});

const registry = z.object({
  url: text(255, registryUrl)
    .nullish()
    .describe(
      'Where images are pushed to and pulled from: host[:port][/path], such as docker.io/user. Unset: the default registry of the server.',
    ),
  credentials: credentials.nullish().describe('The credentials of the registry. Unset: none.'),
});

const helmValue = z.object({
  name: text(512).describe('A path of the values, as in helm --set.'),
  value: z.union([z.string(), z.number(), z.boolean()]).transform(String).nullish().describe('Its value.'),
});

const helmValuesFrom = z.object({
  kind: z.enum(['Secret']).nullish().describe('Secret, the only kind.'),
  name: text(253, secretName).describe('The name of the Secret, in the namespace of the Remote.'),
  valuesKey: text(253).nullish().describe('Its key that holds a YAML document of values. Unset: values.yaml.'),
  optional: z.boolean().nullish().describe('Whether a missing Secret or key is ignored. Unset: false.'),
});

const helm = z.object({
  release: text(253).nullish().describe('The name of the Helm release. Unset: the name of the Remote.'),
  values: z
    .unknown()
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .optional()
    .describe('A list of name and value, each as in helm --set.'),
  valuesFrom: z
    .array(helmValuesFrom)
    .max(20)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .nullish()
    .describe('Values from Secrets; later ones win, and values wins over all of them.'),
});

const manifests = z.object({
  path: text(512, pathInRepository, printable)
    .nullish()
    .describe(
      'A folder in the repository whose manifests are applied with each push: a Helm chart (Chart.yaml), a kustomization, or YAML and JSON files in it and its folders. Unset or empty: none.',
    ),
  helm: helm.nullish().describe('How a chart is rendered.'),
  serviceAccountName: text(253, serviceAccountName)
    .nullish()
    .describe(
      'The ServiceAccount in the namespace of the Remote as which manifests are applied: a push can do what its rights allow. Unset: gitkube-deployer.',
    ),
  prune: z.boolean().nullish().describe('Whether objects that the manifests no longer have are deleted. Unset: true.'),
});

const oneOfBoth = 'must have exactly one of secret and configMap';

const env = z
  .object({
    secret: text(253, configName)
      .optional()
      .describe('The name of a Secret in the namespace of the Remote. Its values are never shown.'),
    configMap: text(253, configName)
      .optional()
      .describe('The name of a ConfigMap in the namespace of the Remote, for settings that are no secret.'),
  })
  .refine(({ secret, configMap }) => (secret === undefined) !== (configMap === undefined), oneOfBoth)
  .meta({ 'x-kubernetes-validations': [{ rule: 'has(self.secret) != has(self.configMap)', message: oneOfBoth }] });

const taskFrom = z.object({
  deployment: text(253, deploymentName).describe('A workload of spec.deployments.'),
  container: text(63, containerName).describe('One of its containers there.'),
});

const quantity = z
  .unknown()
  .refine((value) => (typeof value === 'string' && value.length <= 64) || Number.isInteger(value), 'must be a quantity')
  .meta({ 'x-kubernetes-int-or-string': true })
  .optional();

const amounts = z.object({
  cpu: quantity.describe('As in a container, such as 500m.'),
  memory: quantity.describe('As in a container, such as 256Mi.'),
  'ephemeral-storage': quantity.describe('As in a container, such as 1Gi.'),
});

const taskResources = z.object({
  requests: amounts.nullish().describe('What it needs at least.'),
  limits: amounts.nullish().describe('What it may use at most.'),
});

const taskInherit = z.object({
  env: z.boolean().nullish().describe('Whether it has the environment of the container. Unset: true.'),
  volumes: z
    .array(text(63))
    .max(20)
    .nullish()
    .describe(
      'More volumes of the workload to mount as the container does, such as claims. Those of ConfigMaps, Secrets, projections and emptyDir are mounted in any case. A Migrate task of a container with others has to say which, or [].',
    ),
  sidecars: z
    .array(text(63))
    .max(10)
    .nullish()
    .describe('Init containers of the workload with restartPolicy Always, such as a database proxy. Unset: none.'),
});

const undoOfMigrate = 'undo is only for stage Migrate';
const noTestOnRollback = 'a rollback never runs a Test, so onRollback cannot be Run';

const taskFields = z.object({
  name: text(30, containerName).describe('Its name, in each line of its log.'),
  stage: z
    .enum(taskStages)
    .describe(
      'Test: before anything is changed. Migrate: before the first workload is changed. Verify: when all of them run, before it is a release.',
    ),
  from: taskFrom
    .nullish()
    .describe(
      'The container whose image, environment and account it has. May be left out when spec.deployments has one container.',
    ),
  command: z.array(text(4096)).min(1).max(100).describe('What it runs, each word on its own; no shell is added.'),
  undo: z
    .array(text(4096))
    .min(1)
    .max(100)
    .nullish()
    .describe(
      'For Migrate: the command, in the new image, that takes back what it has done when the deploy fails later. Unset: nothing is taken back, and the push says so.',
    ),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .nullish()
    .describe('How long it may take, with its retries; those of all tasks together at most 7200. Unset: 600.'),
  retries: z.int().min(0).max(5).nullish().describe('How many times it is run again after a failure. Unset: 0.'),
  onlyIfChanged: z
    .array(text(512, pathInRepository, printable))
    .max(20)
    .nullish()
    .describe('Files and folders of the repository: it is skipped when the last release has the same. Unset: never.'),
  onRollback: z
    .enum(['Skip', 'Run'])
    .nullish()
    .describe('Whether a rollback runs it. Unset: Skip, for Verify Run. A rollback never runs a Test.'),
  env: z
    .array(taskEnv)
    .max(100)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .nullish()
    .describe('More environment variables, with plain values.'),
  inherit: taskInherit.nullish().describe('What it has of the workload.'),
  resources: taskResources.nullish().describe('What it requests. Unset: as the container.'),
});

const task = taskFields
  .refine(({ stage, undo }) => stage === 'Migrate' || !undo, undoOfMigrate)
  .refine(({ stage, onRollback }) => stage !== 'Test' || onRollback !== 'Run', noTestOnRollback)
  .meta({
    'x-kubernetes-validations': [
      { rule: "self.stage == 'Migrate' || !has(self.undo)", message: undoOfMigrate },
      {
        rule: "self.stage != 'Test' || !has(self.onRollback) || self.onRollback != 'Run'",
        message: noTestOnRollback,
      },
    ],
  });

const rollout = z.object({
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .nullish()
    .describe('How long a new version may take to become ready before it is rolled back. Unset: 300.'),
  watchSeconds: z
    .int()
    .min(0)
    .max(3600)
    .nullish()
    .describe(
      'How long the pods of a release are watched after it. When a container of them crashes again, or a pod that was ready fails its probes for 30 seconds, the release before runs again. Unset or 0: not at all.',
    ),
  warnings: z
    .boolean()
    .nullish()
    .describe(
      'Whether a push warns, once, of workloads without a readinessProbe, with one replica, or that request no resources. Unset: true.',
    ),
});

export const remoteSpec = z
  .object({
    authorizedKeys: z
      .array(text(65_536))
      .max(1000)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .nullish()
      .describe(
        'SSH public keys that may push, as in an authorized_keys file; an entry may hold several lines. Accepted: ssh-ed25519, ecdsa-sha2-nistp256/384/521 and ssh-rsa of at least 2048 bits.',
      ),
    branch: text(255, branchName)
      .nullish()
      .describe('The branch that deploys. Unset: main or master, whichever is pushed first.'),
    registry: registry.nullish().describe('Where images go.'),
    deployments: z
      .array(deployment)
      .max(200)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .nullish()
      .describe('The workloads that a push rolls out.'),
    rollout: rollout.nullish().describe('How a new version is rolled out.'),
    manifests: manifests.nullish().describe('Manifests of the repository that a push applies, with the built images.'),
    env: env
      .nullish()
      .describe(
        'What ssh … env sets: a Secret or a ConfigMap that the workloads read by envFrom or valueFrom. Each release records it, and a rollback restores it. Unset: none.',
      ),
    tasks: z
      .array(task)
      .max(20)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .nullish()
      .describe(
        'Jobs that have to succeed for a push to: tests before anything is changed, migrations before the rollout, checks after it. In their order. Unset: none.',
      ),
    reconcile: z
      .boolean()
      .nullish()
      .describe('Whether workloads that somebody else changed are restored to the last release. Unset: false.'),
  })
  .describe('What a push to this remote builds and deploys, and who may push.');

export const helmValues = z.array(helmValue);

export type RemoteSpec = z.infer<typeof remoteSpec>;
