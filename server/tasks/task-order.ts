import { GitkubeError } from '../../base/errors.ts';
import { taskJob } from '../../deployer/index.ts';
import type { JobRef, Kube, V1Job, Workload } from '../../kube/index.ts';
import type { Remote, Task } from '../../remote-crd/index.ts';

/** What a task can know of its deploy. */
export interface TaskFacts {
  /** Id of the deploy. */
  readonly deploy: string;
  readonly commit: string;
  readonly branch: string;
  /** Who deploys. */
  readonly by: string;
  /** `push`, `rollback to releases/7`, … */
  readonly how: string;
  /** Undefined: it has no number yet. */
  readonly release?: number | undefined;
  readonly previous?: { readonly number: number; readonly commit: string } | undefined;
}

export interface TaskOrder {
  readonly remote: Remote;
  readonly task: Task;
  /** By digest. */
  readonly image: string;
  readonly facts: TaskFacts;
  /** What the manifests of the deploy have of its workload; undefined: it is read from the cluster. */
  readonly rendered: Workload | undefined;
  /** Of this process. */
  readonly instance: string;
}

/** A task that can be run. */
export interface ReadyTask {
  readonly task: Task;
  readonly ref: JobRef;
  readonly job: V1Job;
}

export const taskLabel = 'gitkube.sh/task';
export const stageLabel = 'gitkube.sh/stage';
export const instanceLabel = 'gitkube.sh/instance';
const deployLabel = 'gitkube.sh/deploy';
const commitAnnotation = 'gitkube.sh/commit';

/** The Job of a task, made of the pod template that its container has now. */
export async function readyTask(kube: Pick<Kube, 'getWorkload'>, order: TaskOrder): Promise<ReadyTask> {
  const { remote, task, image, facts, instance } = order;
  const { from, command, timeoutSeconds, retries, inherit, resources } = task;
  const { namespace, name } = remote;
  const workload = order.rendered ?? (await liveWorkload(kube, remote, task));
  const job = taskJob({
    name: jobName(remote, task, facts),
    ...{ workload, container: from.container, image, command, inherit, resources, timeoutSeconds, retries },
    env: [...task.env, ...envOf(order)],
    labels: {
      [taskLabel]: task.name,
      [stageLabel]: task.stage,
      [deployLabel]: facts.deploy,
      [instanceLabel]: instance,
    },
    annotations: { [commitAnnotation]: facts.commit },
    owner: { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', name, uid: remote.uid },
  });
  const account = remote.manifests?.serviceAccountName;
  const as = account === undefined ? undefined : `system:serviceaccount:${namespace}:${account}`;
  return { task, ref: { namespace, name: job.metadata?.name ?? '', ...(as && { as }) }, job };
}

/** Another one for each deploy: what an earlier one has left says nothing of this. */
function jobName({ name }: Remote, task: Task, { deploy }: TaskFacts): string {
  const short = (text: string) => text.slice(0, 20).replace(/[^a-z0-9]+$/, '');
  return `gk-${short(name)}-${short(task.name)}-${deploy}`;
}

function envOf({ remote, task, facts }: TaskOrder): { name: string; value: string }[] {
  const { release, previous } = facts;
  const values = {
    GITKUBE_REMOTE: remote.id,
    GITKUBE_TASK: task.name,
    GITKUBE_PUSH: facts.deploy,
    GITKUBE_PUSHER: facts.by,
    GITKUBE_BRANCH: facts.branch,
    GITKUBE_COMMIT: facts.commit,
    GITKUBE_HOW: facts.how,
    GITKUBE_RELEASE: release === undefined ? '' : String(release),
    GITKUBE_PREVIOUS_RELEASE: previous ? String(previous.number) : '',
    GITKUBE_PREVIOUS_COMMIT: previous?.commit ?? '',
  };
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

async function liveWorkload(kube: Pick<Kube, 'getWorkload'>, { namespace }: Remote, { name, from }: Task) {
  const found = await kube.getWorkload(from.kind, namespace, from.deployment);
  if (found) return found;
  const message = `task ${name} is from ${from.kind} ${from.deployment}, which namespace ${namespace} does not have yet`;
  throw new GitkubeError('WorkloadNotFound', message, {
    hint: 'create it first: a task has the environment, the volumes and the account of its container',
  });
}

/** The Job that takes back what a migration has done: the same with another command, in the same image. */
export function undoJob(
  job: V1Job,
  ref: JobRef,
  undo: readonly string[],
): { readonly ref: JobRef; readonly job: V1Job } {
  const name = `${ref.name}-undo`;
  const { metadata, spec } = job;
  const { labels, annotations, ownerReferences } = metadata ?? {};
  const { selector: _selector, template, ...rest } = spec ?? { template: {} };
  const containers = (template.spec?.containers ?? []).map((one, at) =>
    at === 0 ? { ...one, command: [...undo] } : one,
  );
  return {
    ref: { ...ref, name },
    job: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, labels: ownLabels(labels), annotations, ownerReferences },
      spec: {
        ...rest,
        suspend: false,
        template: {
          metadata: { labels: ownLabels(template.metadata?.labels), annotations: template.metadata?.annotations },
          spec: { ...template.spec, containers },
        },
      },
    } as V1Job,
  };
}

/** Without those by which the controller of Jobs finds its pods. */
function ownLabels(labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  const own = Object.entries(labels).filter(([key]) => key.startsWith('gitkube.sh/'));
  return Object.fromEntries(own);
}
