import { count } from '../../base/text.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Workload } from '../../kube/index.ts';
import type { Remote, Task, TaskStage } from '../../remote-crd/index.ts';
import type { TaskRecord } from '../git/release.ts';
import type { PlannedTask } from '../tasks/plan.ts';
import type { ReadyTask, TaskFacts } from '../tasks/task-order.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { CheckedDeploy } from './check-build.ts';
import type { DeployRequest } from './request.ts';
import type { RemoteFacts } from './steps/authorize-again.ts';
import type { RevisionFacts } from './steps/find-revision.ts';

/** What the tasks of a deploy are made of. */
export interface StageFacts extends Pick<RemoteFacts, 'account'> {
  readonly tasks: readonly PlannedTask[];
  readonly checked: Pick<CheckedDeploy, 'manifests'>;
  readonly images: readonly TaskImage[];
  /** Of tests alone; unset: none. */
  readonly testImages?: readonly TaskImage[];
}

/** In the registry. */
export type TaskImage = Pick<BuiltImage, 'target' | 'reference'>;

/** What tests are made of. */
export type TestFacts = StageFacts &
  Pick<DeployRequest, 'id' | 'repository' | 'revision' | 'options' | 'principal'> &
  Pick<RevisionFacts, 'commit'> & { readonly checked: Pick<CheckedDeploy, 'remote' | 'manifests' | 'existing'> };

export function testOrder({ id, checked, commit, revision, principal }: Omit<TestFacts, 'images'>, task: Task) {
  const { branch } = revision;
  return { remote: checked.remote, task, facts: { deploy: id, commit, branch, by: principal.name, how: 'push' } };
}

/** Those of one stage, in their order. */
export function tasksOf({ tasks }: Pick<StageFacts, 'tasks'>, stage: TaskStage): readonly PlannedTask[] {
  return tasks.filter(({ task }) => task.stage === stage);
}

/** `Test: 2 tasks, unit, lint`, the line above what they print; undefined: none of them runs. */
export function stageLine(planned: readonly PlannedTask[]): string | undefined {
  const [first, ...others] = planned.filter(({ skipped }) => skipped === undefined).map(({ task }) => task);
  if (!first) return undefined;
  const names = [first, ...others].map(({ name }) => name);
  return `${first.stage}: ${count(names.length, 'task')}, ${names.join(', ')}`;
}

/** @throws WorkloadNotFound */
export function prepareTask(
  tasks: Pick<Tasks, 'prepare'>,
  { account, images, testImages = [], checked }: StageFacts,
  { remote, task, facts }: { readonly remote: Remote; readonly task: Task; readonly facts: TaskFacts },
): Promise<ReadyTask> {
  return tasks.prepare({
    ...{ remote, account, task, facts },
    image: imageOf(task, [...images, ...testImages]),
    rendered: renderedOf(task, checked),
  });
}

function imageOf(task: Task, images: readonly TaskImage[]): string {
  const found = findImage(task, images);
  // `plan-tasks` skips those whose image the deploy does not have.
  if (!found) throw new Error(`task ${task.name} has no image`);
  return found.reference;
}

export function findImage({ name, from }: Task, images: readonly TaskImage[]): TaskImage | undefined {
  return images.find(({ target: { deployment, container, task } }) =>
    from ? deployment === from.deployment && container.name === from.container : task === name,
  );
}

/** As the manifests of this deploy have it: in its first deploy the cluster does not have it yet. */
export function renderedOf({ from }: Pick<Task, 'from'>, { manifests }: StageFacts['checked']): Workload | undefined {
  const found = manifests?.objects.find(
    ({ kind, metadata }) => from !== undefined && kind === from.kind && metadata.name === from.deployment,
  );
  return found as unknown as Workload | undefined;
}

export function succeeded({ name, stage }: Task, ms: number): TaskRecord {
  return { name, stage, state: 'Succeeded', seconds: Math.round(ms / 10) / 100 };
}

/** What the record of the release says of those that did not run. */
export function skippedOnes(planned: readonly PlannedTask[]): TaskRecord[] {
  return planned.flatMap(({ task: { name, stage }, skipped: why }) =>
    why === undefined ? [] : [{ name, stage, state: 'Skipped', why }],
  );
}
