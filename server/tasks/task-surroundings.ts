import { GitkubeError } from '../../base/errors.ts';
import type { Kube, Workload } from '../../kube/index.ts';
import type { WorkloadId } from '../../kube/workload.ts';
import type { Remote, Task, TaskFrom } from '../../remote-crd/index.ts';

/** What a task runs in: a container of a workload, whose pod template it has. */
export interface Surroundings {
  readonly workload: Workload;
  readonly container: string;
}

interface Rendered {
  readonly rendered: Workload | undefined;
  readonly isAfterManifests?: boolean;
}

/** Which container a task is from: only a test may have an image of its own, and a release has none of those. */
export function fromOf({ name, from }: Pick<Task, 'name' | 'from'>): TaskFrom {
  if (from) return from;
  throw new Error(`task ${name} is from no container`);
}

/** The workload that a task is made of, for what errors advise; of a test with an image of its own: none has its name. */
export function workloadOf({ name, from }: Task, namespace: string): WorkloadId & { readonly container: string } {
  const { kind, deployment, container } = from ?? { kind: 'Deployment', deployment: name, container: name };
  return { kind, namespace, name: deployment, container };
}

/**
 * The template in the cluster: that of the manifests may name objects which are not applied yet.
 * @param rendered what the manifests of the deploy have of the workload, for one that is not there yet
 * @throws WorkloadNotFound
 */
export async function surroundingsOf(
  kube: Pick<Kube, 'getWorkload'>,
  remote: Remote,
  task: Task,
  { rendered, isAfterManifests = false }: Rendered,
): Promise<Surroundings> {
  if (task.build) return bareSurroundings(remote, task);
  const { kind, deployment, container } = fromOf(task);
  const live = () => kube.getWorkload(kind, remote.namespace, deployment);
  const workload = (isAfterManifests ? rendered : undefined) ?? (await live()) ?? rendered;
  if (workload) return { workload, container };
  const message = `task ${task.name} is from ${kind} ${deployment}, which namespace ${remote.namespace} does not have yet`;
  throw new GitkubeError('WorkloadNotFound', message, {
    hint: 'create it first: a task has the environment, the volumes and the account of its container',
  });
}

/**
 * Of a test with an image of its own: a pod that has nothing of the namespace, no token of its account either, but for what pulls
 * the image. It has no more rights than Pod Security `restricted` lets it have; as which user it runs, the image says.
 */
function bareSurroundings({ namespace, registry }: Remote, { name }: Task): Surroundings {
  const secret = registry?.secretName;
  const spec = {
    automountServiceAccountToken: false,
    // They would say which Services the namespace has.
    enableServiceLinks: false,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    ...(secret && { imagePullSecrets: [{ name: secret }] }),
    containers: [{ name, securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
  };
  const workload: Workload = {
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { selector: {}, template: { spec } },
  };
  return { workload, container: name };
}
