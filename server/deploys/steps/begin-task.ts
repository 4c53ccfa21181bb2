import { GitkubeError } from '../../../base/errors.ts';
import { releaseName } from '../../../base/release-name.ts';
import type { Task } from '../../../remote-crd/index.ts';
import { nameOf, type Release } from '../../git/release.ts';
import { findTask } from '../../tasks/find-task.ts';
import { tasksOff } from '../../tasks/task-failure.ts';
import type { ReadyTask } from '../../tasks/task-order.ts';
import { fromOf } from '../../tasks/task-surroundings.ts';
import type { Tasks } from '../../tasks/tasks.ts';
import { refuseUnfit } from '../check-build.ts';
import { Journal } from '../journal.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { RevisionFacts } from './find-revision.ts';

export interface OneTaskFacts {
  readonly ready: ReadyTask;
  readonly journal: Journal;
}

type Needs = DeployRequest & RevisionFacts & RemoteFacts;
type Context = { readonly tasks: Pick<Tasks, 'enabled' | 'prepare'> };

/** Makes the Job of one task that somebody has asked for, with what runs now. */
export const beginTask: Step<Needs, OneTaskFacts, Context> = {
  name: 'begin-task',
  run: async ({ id, remote, account, repository, revision, commit, named, principal, output }, { tasks }) => {
    refuseUnfit(remote);
    const task = findTask(remote, revision.task ?? '', revision.branch);
    if (!tasks.enabled) throw tasksOff();
    const { branch } = revision;
    const { name: by } = principal;
    const [image, release] = [imageIn(named, task), named?.number ?? 0];
    const previous = { number: release, commit };
    const facts = { deploy: id, commit, branch, by, how: 'task', release, previous };
    const ready = await tasks.prepare({ remote, account, task, image, rendered: undefined, facts });
    const mark = { commit, release, pushedBy: by, cause: `task ${task.name} by ${by}` };
    const journal = new Journal(repository.folder, { id, branch, commit, makesRelease: false, mark });
    output.stage(`Task ${task.name} (${task.stage}), with what ${releaseName(release, remote.environment)} runs`);
    return { ready, journal };
  },
};

/** @throws ReleaseUnusable: the container came into the spec after it */
function imageIn(release: Release | undefined, task: Task): string {
  const from = fromOf(task);
  const found = release?.record.images.find(
    ({ deployment, container }) => deployment === from.deployment && container === from.container,
  );
  if (found) return found.image;
  const message = `${release ? nameOf(release) : 'nothing'} has no image of ${from.deployment}/${from.container}, which task ${task.name} is from`;
  throw new GitkubeError('ReleaseUnusable', message, { hint: 'push again: that builds it' });
}
