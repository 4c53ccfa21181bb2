import type { Remote } from '../../../remote-crd/index.ts';
import { requireUnlocked } from '../../access/lock.ts';
import { confirmToken, reauthorize } from '../../access/reauthorize.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import { verbOf } from '../verb-of.ts';

export interface RemoteFacts {
  /** As it is now that the turn has come. */
  readonly remote: Remote;
  /** Of its manifests, also where the deploy applies none; undefined: Gitkube itself creates the Jobs of tasks. */
  readonly account: string | undefined;
}

/** Waiting may have taken long: the Remote, its keys and its deploy branch are checked again. */
export const authorizeAgain: Step<DeployRequest, RemoteFacts> = {
  name: 'authorize-again',
  run: async ({ asked, principal, stillFits, trigger, revision, signal }, context) => {
    const act = { principal, verb: verbOf({ trigger, revision }), branches: [revision.branch] };
    await confirmToken(context, act, asked, signal);
    const remote = reauthorize(context, act, asked);
    requireUnlocked(remote, trigger);
    await stillFits(remote);
    return { remote, account: remote.manifests?.serviceAccountName };
  },
};
