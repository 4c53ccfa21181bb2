import { requireUnlocked } from '../../access/lock.ts';
import { assertNotRevoked } from '../../access/reauthorize.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { CheckedFacts } from './check.ts';

/** The last check before anything is changed: a build may have taken long. */
export const authorizeChange: Step<DeployRequest & CheckedFacts, object> = {
  name: 'authorize-change',
  run: async ({ principal, checked, trigger }, context) => {
    const { remote } = checked;
    assertNotRevoked(context, principal, remote);
    requireUnlocked(context.remotes.get(remote.namespace, remote.name) ?? remote, trigger);
    return {};
  },
};
