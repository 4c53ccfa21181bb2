import { GitkubeError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { gitPush } from '../../base/server-hints.ts';
import { plain } from '../../base/text.ts';
import type { Remote, Task } from '../../remote-crd/index.ts';

/**
 * A task that somebody has named, to run it alone.
 * @param branch the deploy branch
 * @throws UsageInvalid with those that there are
 */
export function findTask({ id, tasks }: Pick<Remote, 'id' | 'tasks'>, name: string, branch: string): Task {
  const found = tasks.find((one) => one.name === name);
  if (found?.build) throw hasOwnImage(id, found, branch);
  if (found) return found;
  if (tasks.length === 0) {
    throw new GitkubeError('UsageInvalid', `${id} has no tasks`, { hint: 'spec.tasks of a Remote has them' });
  }
  const names = tasks.map((one) => one.name);
  const near = nearest(name, names);
  throw new GitkubeError('UsageInvalid', `${id} has no task ${plain(name, 80)}`, {
    hint: [...(near ? [`did you mean ${near}?`] : []), `its tasks: ${names.join(', ')}`],
  });
}

/** It is in no release, and may have been pruned from the registry. */
function hasOwnImage(id: string, { name }: Task, branch: string): GitkubeError {
  return new GitkubeError('UsageInvalid', `task ${name} has an image of its own, which only a push builds`, {
    hint: `to run it, and deploy nothing: ${gitPush({ id, options: ['-o', 'skip-deploy'], to: branch })}`,
  });
}
