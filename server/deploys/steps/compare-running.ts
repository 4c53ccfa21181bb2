import type { DeployRequest } from '../request.ts';
import { isRunning } from '../running.ts';
import type { Step } from '../step.ts';
import type { ImageFacts } from './build.ts';
import type { CheckedFacts } from './check.ts';
import type { OriginFacts } from './choose-images.ts';
import type { RevisionFacts } from './find-revision.ts';
import type { BranchFacts } from './locate-branch.ts';
import type { EnvFacts } from './plan-env.ts';

export interface ComparedFacts {
  /** It runs already. */
  readonly unchanged: boolean;
  /** The pushed commit is from a shallow clone, and history ends behind it: only git can move the branch. */
  readonly isShallow: boolean;
  /** Whether the pusher has the commit that is to run. */
  readonly isKnown: boolean;
}

type Needs = DeployRequest & RevisionFacts & BranchFacts & OriginFacts & EnvFacts & CheckedFacts & ImageFacts;

/** What runs already needs no rollout. */
export const compareRunning: Step<Needs, ComparedFacts> = {
  name: 'compare-running',
  phase: 'accept',
  run: async (facts, context) => {
    const { repository, revision, named, commit, current, env, checked, images, shallow } = facts;
    const { oid, git, again } = revision;
    const { remote, manifests } = checked;
    const isRunningNow = async () => {
      if (env?.change) return false;
      if (again !== undefined) return again === 'env';
      if (!named) return current === commit;
      return isRunning(context, repository, named, { remote, images, manifests, current });
    };
    return {
      unchanged: await isRunningNow(),
      isShallow: await shallow,
      isKnown: !named || commit === oid || (await repository.isAncestor(commit, oid, git)),
    };
  },
};
