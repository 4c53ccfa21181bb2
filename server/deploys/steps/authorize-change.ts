import { requireUnlocked } from '../../access/lock.ts';
import { assertNotRevoked, confirmToken } from '../../access/reauthorize.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import { verbOf } from '../verb-of.ts';
import type { RemoteFacts } from './authorize-again.ts';

/** The last check before anything is changed: a build, or what an earlier deploy has left, may have taken long. */
export const authorizeChange: Step<DeployRequest & RemoteFacts, object> = {
  name: 'authorize-change',
  run: async ({ principal, remote, trigger, revision, signal }, context) => {
    const act = { principal, verb: verbOf({ trigger, revision }), branches: [revision.branch] };
    await confirmToken(context, act, remote, signal);
    assertNotRevoked(context, act, remote);
    requireUnlocked(context.remotes.get(remote.id) ?? remote, trigger);
    return {};
  },
};
