import { assertNotRevoked } from '../../access/reauthorize.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { CheckedFacts } from './check.ts';

/** The last check before anything is changed: a build may have taken long. */
export const authorizeChange: Step<DeployRequest & CheckedFacts, object> = {
  name: 'authorize-change',
  run: async ({ principal, checked }, context) => {
    assertNotRevoked(context, principal, checked.remote);
    return {};
  },
};
