import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { RevisionFacts } from './find-revision.ts';

/** From here on others know of this deploy: its status, Events, and the next server if this one ends. */
export const announce: Step<DeployRequest & RevisionFacts & RemoteFacts, object> = {
  name: 'announce',
  run: async ({ id, remote, revision: { branch }, commit, principal, label, output, why, announced }) => {
    announced({ id, remote, branch, commit, by: principal.name });
    output.stage(`Gitkube: ${remote.id}, ${label}`);
    for (const line of why ?? []) output.say(line);
    return {};
  },
};
