import { editCommand } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { leftOutVolumes, taskJob, unknownNames } from '../../deployer/index.ts';
import type { JobRef, Kube, V1Job, Workload } from '../../kube/index.ts';
import { idOfEnvironment, type Remote, remoteIdOf, type Task, type TaskFrom } from '../../remote-crd/index.ts';
import type { TaskOwner } from './task-events.ts';
import { surroundingsOf } from './task-surroundings.ts';

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
  /** The ServiceAccount that creates its Job; undefined: Gitkube itself. */
  readonly account: string | undefined;
  readonly task: Task;
  /** By digest. */
  readonly image: string;
  readonly facts: TaskFacts;
  /** What the manifests of the deploy have of its workload, for one that is not there yet. */
  readonly rendered: Workload | undefined;
  /** The manifests of the deploy are applied by the time it runs: what they have counts. */
  readonly isAfterManifests?: boolean;
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
export const deployLabel = 'gitkube.sh/deploy';
const environmentLabel = 'gitkube.sh/environment';
const commitAnnotation = 'gitkube.sh/commit';

/**
 * The Job of a task, made of the pod template that its container has now.
 * @throws WorkloadNotFound; RemoteInvalid
 */
export async function readyTask(kube: Pick<Kube, 'getWorkload'>, order: TaskOrder): Promise<ReadyTask> {
  const { remote, account, task, image, facts, instance } = order;
  const { command, timeoutSeconds, retries, resources } = task;
  const inherit = { volumes: [], ...task.inherit };
  const { namespace, name } = remote;
  const { workload, container } = await surroundingsOf(kube, remote, task, order);
  if (task.from) refuseUnfit(workload, remote, task, task.from);
  const job = taskJob({
    name: jobName(remote, task, facts),
    ...{ workload, container, image, command, inherit, resources, timeoutSeconds, retries },
    // Half of a migration is for a human.
    survivesDrain: task.stage !== 'Migrate' || retries > 0,
    // What undoes it is made of its Job, and may have to wait for a server or for pods.
    keptDays: task.undo ? 7 : 1,
    ...{ given: envOf(order), env: task.env },
    labels: {
      [taskLabel]: task.name,
      [stageLabel]: task.stage,
      [deployLabel]: facts.deploy,
      [instanceLabel]: instance,
      ...(remote.environment !== '' && { [environmentLabel]: remote.environment }),
    },
    annotations: { [commitAnnotation]: facts.commit },
    owner: { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', name, uid: remote.uid },
  });
  const as = account === undefined ? undefined : `system:serviceaccount:${namespace}:${account}`;
  return { task, ref: { namespace, name: job.metadata?.name ?? '', ...(as && { as }) }, job };
}

/** Whose a Job is, as `readyTask` has made it. */
export function ownerOf({ namespace }: JobRef, { metadata }: V1Job): TaskOwner {
  const { name = '', uid = '' } = metadata?.ownerReferences?.[0] ?? {};
  const environment = metadata?.labels?.[environmentLabel] ?? '';
  return {
    remote: { namespace, name, environment, uid, id: idOfEnvironment({ namespace, name, environment }) },
    deploy: metadata?.labels?.[deployLabel] ?? '',
    commit: metadata?.annotations?.[commitAnnotation] ?? '',
  };
}

/** Another one for each deploy: what an earlier one has left says nothing of this. */
function jobName({ name }: Remote, task: Task, { deploy }: TaskFacts): string {
  // The name of a task has 30 characters at most, and a label 63: no two tasks of a deploy have the same.
  const remote = name.slice(0, 13).replace(/[^a-z0-9]+$/, '');
  return `gk-${remote}-${task.name}-${deploy}`;
}

function envOf({ remote, task, facts }: TaskOrder): { name: string; value: string }[] {
  const { release, previous } = facts;
  const values = {
    GITKUBE_REMOTE: remoteIdOf(remote),
    GITKUBE_ENVIRONMENT: remote.environment,
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

/** A migration without the volume that has the database would create an empty one, and succeed. */
function refuseUnfit(workload: Workload, remote: Remote, { name, stage, inherit }: Task, from: TaskFrom): void {
  const where = `${from.kind} ${from.deployment}`;
  const [unknown] = unknownNames(workload, { volumes: [], ...inherit });
  if (unknown !== undefined) {
    const message = `task ${name} inherits ${unknown}, which ${where} does not have`;
    throw new GitkubeError('RemoteInvalid', message, {
      hint: `correct inherit of task ${name}: ${editCommand(remote)}`,
    });
  }
  const [left] = stage === 'Migrate' && !inherit.volumes ? leftOutVolumes(workload, from.container, []) : [];
  if (left === undefined) return;
  const message = `container ${from.container} of ${where} mounts ${left}, which task ${name} does not`;
  const isShared = unknownNames(workload, { ...inherit, volumes: [left] }).length === 0;
  const mount = isShared ? `[${left}], or to ` : '';
  const why = isShared
    ? 'when the migration does not need it'
    : 'if it does not need it: each pod has a volume of its own';
  throw new GitkubeError('RemoteInvalid', message, {
    hint: `set inherit.volumes of task ${name} to ${mount}[] ${why}: ${editCommand(remote)}`,
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
        // Half of one is for a human.
        backoffLimit: 0,
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
