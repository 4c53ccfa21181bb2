import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';

/** Completes or undoes what a server or a git that was cut off has left, before anything is built on it. */
export const recoverCutOff: Step<Pick<DeployRequest, 'repository' | 'receivePacks'>, object> = {
  name: 'recover-cut-off',
  run: async ({ repository, receivePacks }, { recover }) => {
    await recover(repository, receivePacks);
    return {};
  },
};
