import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { Remote, Task } from '../../remote-crd/index.ts';
import { notStarted } from '../tasks/task-failure.ts';
import type { ReadyTask } from '../tasks/task-order.ts';
import type { CheckedDeploy } from './check-build.ts';
import type { DeployContext } from './context.ts';
import type { DeployRequest } from './request.ts';
import { findImage, renderedOf, type StageFacts } from './stage-tasks.ts';
import type { RevisionFacts } from './steps/find-revision.ts';

type Needs = Pick<StageFacts, 'tasks' | 'account'> &
  Pick<DeployRequest, 'id' | 'revision' | 'principal'> &
  Pick<RevisionFacts, 'commit'> & {
    readonly remote: Remote;
    readonly checked: Pick<CheckedDeploy, 'manifests' | 'existing'>;
  };

type Context = {
  readonly kube: Pick<DeployContext['kube'], 'checkJob'>;
  readonly tasks: Pick<DeployContext['tasks'], 'prepare'>;
};

/** Nothing is built yet. */
const anyImage = 'gitkube.invalid/image';

/**
 * Finds what keeps a task from running before anything is built: a check that cannot run would be found behind the migrations.
 * @throws RemoteInvalid, WorkloadNotFound; ObjectRefused; ClusterForbidden, ClusterUnavailable
 */
export async function checkTasks(context: Context, facts: Needs): Promise<void> {
  const wanted = facts.tasks.filter(({ skipped }) => skipped === undefined);
  await Promise.all(wanted.map(({ task }) => checkTask(context, facts, task)));
}

async function checkTask(context: Context, facts: Needs, task: Task): Promise<void> {
  const { ref, job } = await prepare(context, facts, task);
  await context.kube.checkJob(ref, job).catch((thrown) => {
    if (!mayPass(asGitkubeError(thrown))) throw notStarted(task, thrown);
  });
}

/** A quota may be free by then, a policy may know no dry run, or not the image, and an API server may answer again. */
function mayPass({ kind, reason, message }: GitkubeError): boolean {
  return (
    kind === 'transient' || reason === 'RolloutRefused' || /ValidatingAdmissionPolicy|admission webhook/.test(message)
  );
}

/** Of what is there now or, where it runs behind the manifests, of what they have: others may add to that. */
function prepare({ tasks }: Context, facts: Needs, task: Task): Promise<ReadyTask> {
  const { id: deploy, commit, revision, principal, remote, account, checked } = facts;
  const about = { deploy, commit, branch: revision.branch, by: principal.name, how: '' };
  const image = findImage(task, checked.existing ?? [])?.reference ?? anyImage;
  const rendered = renderedOf(task, checked);
  const order = { remote, account, task, image, rendered, facts: about };
  const now = tasks.prepare(order);
  if (task.stage !== 'Verify' || !rendered) return now;
  return now.catch(() => tasks.prepare({ ...order, isAfterManifests: true }));
}
