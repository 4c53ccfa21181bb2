import { shortId } from '../../../base/text.ts';
import type { DeployRequest } from '../request.ts';
import { Ended, type Step } from '../step.ts';
import type { ComparedFacts } from './compare-running.ts';
import type { RevisionFacts } from './find-revision.ts';

/** The end of a deploy that only builds, and of one that is already running. */
export const endUndeployed: Step<DeployRequest & RevisionFacts & ComparedFacts, object> = {
  name: 'end-undeployed',
  run: async ({ repository, options, output, revision: { branch, again }, commit, unchanged }) => {
    if (options.skipDeploy) {
      await repository.saveBuildRef(branch, commit);
      output.stage(`Built ${shortId(commit)}, nothing deployed: push without -o skip-deploy to deploy it`);
      return new Ended({ kind: 'built' });
    }
    if (!unchanged) return {};
    output.stage(
      again === 'env'
        ? 'nothing to change: the env is like that already'
        : `${branch} is at ${shortId(commit)} already, and that is what runs`,
    );
    return new Ended({ kind: 'unchanged' });
  },
};
