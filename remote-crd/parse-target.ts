import { readLock } from './lock.ts';
import { readContainer } from './parse-container.ts';
import { readManifests } from './parse-manifests.ts';
import { type Named, readPromotion } from './parse-promotion.ts';
import { readTasks } from './parse-tasks.ts';
import type { DeploymentTarget, Remote } from './remote.ts';
import { idOfEnvironment } from './remote-id.ts';
import type { RemoteSpec } from './schema.ts';

const defaultRolloutSeconds = 300;

/** What all environments of a Remote have in common. */
export interface Shared {
  readonly fields: Pick<
    Remote,
    | 'namespace'
    | 'name'
    | 'uid'
    | 'generation'
    | 'keys'
    | 'keyProblems'
    | 'access'
    | 'trust'
    | 'registry'
    | 'lfs'
    | 'promoteTo'
  >;
  readonly named: Named;
  readonly annotations: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What is deployed, as the spec of a Remote has it, and the entry of an environment. */
export type TargetSpec = Pick<
  RemoteSpec,
  | 'branch'
  | 'deployments'
  | 'rollout'
  | 'manifests'
  | 'env'
  | 'tasks'
  | 'promoteFrom'
  | 'requirePromotion'
  | 'reconcile'
>;

/** One environment. @param environment its name; empty: that of the Remote's own fields */
export function readTarget(
  { fields, named, annotations, problems, warnings }: Shared,
  spec: TargetSpec,
  environment: string,
): Remote {
  const { namespace, name } = fields;
  const id = idOfEnvironment({ namespace, name, environment });
  const deployments = (spec.deployments ?? []).map(readDeployment);
  const promotion = readPromotion(spec, named, id);
  const lock = readLock(annotations, environment);
  const manifests = readManifests(spec.manifests, environment === '' ? name : `${name}-${environment}`);
  const tasks = readTasks(spec.tasks, deployments);
  const mayBeEmpty = environment === '' && named.environments.length > 0 && deployments.length === 0;
  return {
    ...fields,
    environment,
    id,
    ...(spec.branch ? { branch: spec.branch } : {}),
    deployments,
    ...(manifests.spec ? { manifests: manifests.spec } : {}),
    ...readEnv(spec.env),
    tasks: tasks.tasks,
    ...promotion.promotion,
    reconcile: spec.reconcile ?? false,
    rolloutTimeoutSeconds: spec.rollout?.timeoutSeconds ?? defaultRolloutSeconds,
    watchSeconds: spec.rollout?.watchSeconds ?? 0,
    warns: spec.rollout?.warnings ?? true,
    ...(lock ? { lock } : {}),
    problems: [
      ...findProblems(deployments, { hasManifests: manifests.spec !== undefined, mayBeEmpty }),
      ...problems,
      ...promotion.problems,
      ...manifests.problems,
      ...tasks.problems,
    ],
    warnings: [...manifests.warnings, ...warnings],
    environments: [],
  };
}

type DeploymentSpec = NonNullable<RemoteSpec['deployments']>[number];

function readDeployment(deployment: DeploymentSpec): DeploymentTarget {
  return {
    kind: deployment.kind ?? 'Deployment',
    name: deployment.name,
    containers: (deployment.containers ?? []).map(readContainer),
  };
}

function readEnv(env: RemoteSpec['env']): Pick<Remote, 'env'> {
  if (env?.secret) return { env: { kind: 'Secret', name: env.secret } };
  return env?.configMap ? { env: { kind: 'ConfigMap', name: env.configMap } } : {};
}

interface Emptiness {
  readonly hasManifests: boolean;
  /** Others deploy: its environments. */
  readonly mayBeEmpty: boolean;
}

function findProblems(deployments: readonly DeploymentTarget[], { hasManifests, mayBeEmpty }: Emptiness): string[] {
  const problems: string[] = [];
  const seen = new Map<string, string>();
  for (const { name: deployment, containers } of deployments) {
    for (const { name } of containers) {
      const label = `${deployment}/${name}`;
      // Deployment and container are joined with a hyphen in the image name, as Gitkube always did.
      const image = `${deployment}-${name}`;
      const other = seen.get(image);
      if (other === label) problems.push(`spec.deployments names ${label} twice`);
      else if (other !== undefined) problems.push(`the images of ${other} and ${label} would have the same name`);
      else seen.set(image, label);
    }
  }
  const names = deployments.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) problems.unshift(`spec.deployments names ${twice} twice`);
  if (seen.size === 0 && !hasManifests && !mayBeEmpty)
    problems.push('spec.deployments names no container and spec.manifests no path, so there is nothing to deploy');
  return problems;
}
