import { GitkubeError } from '../../../base/errors.ts';
import type { PendingRelease } from '../../git/pending-release.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';

export interface StartedRefs {
  /** The git commands that will write the refs; ended with the deploy. */
  readonly pending: Promise<PendingRelease>;
}

/** Starts the git commands that will write the refs: they are there by the time that everything runs. */
export const startRefs: Step<Pick<DeployRequest, 'repository' | 'ending'>, StartedRefs> = {
  name: 'start-refs',
  run: async ({ repository, ending }) => {
    const pending = nextTurn().then(() => {
      if (ending.disposed) throw new GitkubeError('Cancelled', 'the deploy is over');
      return ending.use(repository.beginRelease());
    });
    // Awaited once everything runs, if that happens.
    pending.catch(() => {});
    return { pending };
  },
};

/** Starting a process blocks for some milliseconds: the request to Kubernetes goes out before. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
