import { z } from 'zod';
import { workloadKinds } from '../kube/workload.ts';
import {
  configName,
  deploymentName,
  pathInRepository,
  printable,
  remoteName,
  secretName,
  serviceAccountName,
  text,
} from './rules.ts';
import { container } from './schema-images.ts';
import { tasks } from './schema-tasks.ts';

/** What is deployed, and how: by the fields of a Remote, or to one of its environments. */

/** The API server sums up what the rules of all of them may cost, and refuses a CRD that may cost too much. */
export interface Bounds {
  readonly workloads: number;
  /** Of each workload. */
  readonly containers: number;
}

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
  release: text(253)
    .nullish()
    .describe(
      'The name of the Helm release. Unset: the name of the Remote, and of an environment <remote>-<environment>.',
    ),
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

export const remoteNames = z.array(text(317, remoteName)).max(20).meta({ 'x-kubernetes-list-type': 'atomic' });

const rollout = z.object({
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .nullish()
    .describe(
      'How many seconds a new version may take to become ready before it is rolled back, at most 3600. Unset: 300.',
    ),
  watchSeconds: z
    .int()
    .min(0)
    .max(3600)
    .nullish()
    .describe(
      'For how many seconds after a release its pods are watched, at most 3600. When a container of them crashes again, or a pod that was ready fails its probes for 30 seconds, the release before runs again. Unset or 0: not at all.',
    ),
  warnings: z
    .boolean()
    .nullish()
    .describe(
      'Whether a push warns, once, of workloads without a readinessProbe, with one replica, or that request no resources. Unset: true.',
    ),
});

function deployments({ workloads, containers }: Bounds) {
  const deployment = z.object({
    name: text(253, deploymentName).describe('A workload in the namespace of the Remote.'),
    kind: z
      .enum(workloadKinds)
      .nullish()
      .describe('Deployment, StatefulSet, DaemonSet or CronJob. Unset: Deployment. Names are unique across the kinds.'),
    containers: z
      .array(container)
      .max(containers)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .nullish()
      .describe('The containers whose images are built from the repository. The others stay as they are.'),
  });
  return z
    .array(deployment)
    .max(workloads)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .nullish()
    .describe('The workloads that a push rolls out.');
}

export const targetFields = (bounds: Bounds) => ({
  deployments: deployments(bounds),
  rollout: rollout.nullish().describe('How a new version is rolled out.'),
  manifests: manifests.nullish().describe('Manifests of the repository that a push applies, with the built images.'),
  env: env
    .nullish()
    .describe(
      'What ssh … env sets: a Secret or a ConfigMap that the workloads read by envFrom or valueFrom. Each release records it, and a rollback restores it. Unset: none.',
    ),
  tasks: tasks
    .nullish()
    .describe(
      'Jobs that have to succeed for a push to: tests before anything is changed, migrations before the rollout, checks after it. In their order, at most 20. Unset: none.',
    ),
  promoteFrom: remoteNames
    .nullish()
    .describe(
      'Whose releases are promoted: a push of a commit that one of them has released runs its images, by digest, and builds nothing. The name of an environment of this Remote, or of a Remote; <namespace>/<name> of one that has this one in promoteTo, with /<environment> for one of its environments. Unset: nobody.',
    ),
  requirePromotion: z
    .boolean()
    .nullish()
    .describe(
      'Whether a commit that none of promoteFrom has released is refused. A rollback to a release of this Remote is not. Unset: false.',
    ),
  reconcile: z
    .boolean()
    .nullish()
    .describe('Whether workloads that somebody else changed are restored to the last release. Unset: false.'),
});

export const helmValues = z.array(helmValue);
