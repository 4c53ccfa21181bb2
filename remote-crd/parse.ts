import { z } from 'zod';
import { GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import { keyWords, parseAuthorizedKeys } from './authorized-keys.ts';
import { readLock } from './lock.ts';
import { readAccess } from './parse-access.ts';
import { readContainer } from './parse-container.ts';
import { readManifests } from './parse-manifests.ts';
import { readPromotion, withNamespace } from './parse-promotion.ts';
import { readTasks } from './parse-tasks.ts';
import type { DeploymentTarget, RegistrySpec, Remote } from './remote.ts';
import { type RemoteSpec, remoteSpec } from './schema.ts';

const defaultRolloutSeconds = 300;

const remoteObject = z.object({
  metadata: z.object({
    namespace: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
    name: z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/),
    uid: z.string(),
    generation: z.int().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: remoteSpec,
});

/**
 * The Remote that an object of the API server means, with defaults filled in. The API server has checked most of it, but
 * an object may be older than the rules, so everything is checked again.
 *
 * Throws `RemoteInvalid`, whose message names the first path and value that do not fit.
 */
export function parseRemote(object: unknown): Remote {
  const parsed = remoteObject.safeParse(object, { reportInput: true });
  if (!parsed.success) throw invalid(parsed.error);
  const { metadata, spec } = parsed.data;
  const { keys, problems: keyProblems, ignored } = parseAuthorizedKeys(spec.authorizedKeys ?? []);
  const access = readAccess(spec.access, keys);
  const deployments = (spec.deployments ?? []).map(readDeployment);
  const registry = readRegistry(spec.registry);
  const promotion = readPromotion(spec, metadata);
  const lock = readLock(metadata.annotations);
  const manifests = readManifests(spec.manifests, metadata.name);
  const tasks = readTasks(spec.tasks, deployments);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    id: `${metadata.namespace}/${metadata.name}`,
    uid: metadata.uid,
    generation: metadata.generation ?? 0,
    keys,
    keyProblems,
    ...access.access,
    ...(spec.branch ? { branch: spec.branch } : {}),
    ...(registry ? { registry } : {}),
    deployments,
    ...(manifests.spec ? { manifests: manifests.spec } : {}),
    ...readEnv(spec.env),
    tasks: tasks.tasks,
    ...readLfs(spec.lfs),
    ...promotion.promotion,
    ...(spec.promoteTo?.length && { promoteTo: spec.promoteTo.map((name) => withNamespace(name, metadata.namespace)) }),
    reconcile: spec.reconcile ?? false,
    rolloutTimeoutSeconds: spec.rollout?.timeoutSeconds ?? defaultRolloutSeconds,
    watchSeconds: spec.rollout?.watchSeconds ?? 0,
    warns: spec.rollout?.warnings ?? true,
    ...(lock ? { lock } : {}),
    problems: [
      ...findProblems(deployments, manifests.spec !== undefined),
      ...access.problems,
      ...promotion.problems,
      ...manifests.problems,
      ...tasks.problems,
    ],
    warnings: [...manifests.warnings, ...ignored.map(keyWords)],
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

function readRegistry(registry: RemoteSpec['registry']): RegistrySpec | undefined {
  const url = registry?.url?.replace(/\/+$/, '');
  if (!url) return undefined;
  const secretName = registry?.credentials?.secretRef || registry?.credentials?.secretKeyRef?.name;
  return secretName ? { url, secretName } : { url };
}

function readLfs(lfs: RemoteSpec['lfs']): Pick<Remote, 'lfs'> {
  if (!lfs) return {};
  const secretName = lfs.credentials?.secretRef;
  return { lfs: { url: lfs.url, ...(secretName && { secretName }) } };
}

function readEnv(env: RemoteSpec['env']): Pick<Remote, 'env'> {
  if (env?.secret) return { env: { kind: 'Secret', name: env.secret } };
  return env?.configMap ? { env: { kind: 'ConfigMap', name: env.configMap } } : {};
}

function findProblems(deployments: readonly DeploymentTarget[], hasManifests: boolean): string[] {
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
  if (seen.size === 0 && !hasManifests)
    problems.push('spec.deployments names no container and spec.manifests no path, so there is nothing to deploy');
  return problems;
}

function invalid(error: z.ZodError): GitkubeError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}${text && '.'}${String(key)}`),
    '',
  );
  const value = issue?.input === undefined ? 'missing' : (JSON.stringify(issue.input) ?? typeof issue.input);
  const why = (issue?.message ?? '').replace(/^Invalid input: /, '');
  return new GitkubeError('RemoteInvalid', plain(`${path || 'the object'} is ${plain(value, 80)}: ${why}`, 500), {
    hint: 'kubectl explain remote.spec --recursive',
  });
}
