import { databaseAheadIn } from '../../../remote-crd/index.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';

type Needs = Pick<DeployRequest, 'repository' | 'receivePacks' | 'output' | 'asked'>;

/** Completes or undoes what a server or a git that was cut off has left, before anything is built on it. */
export const recoverCutOff: Step<Needs, object> = {
  name: 'recover-cut-off',
  run: async ({ asked, repository, receivePacks, output }, { recover, remotes }) => {
    const ahead = databaseAheadIn(remotes.entry(asked.id)?.status);
    if (ahead) output.say(`warning: of an earlier deploy: ${ahead.message}`);
    const of = 'of a deploy that was cut off';
    const remains = await recover(repository, receivePacks, (line) => output.say(`${of}: ${line}`));
    for (const what of remains) output.say(`warning: ${of}: ${what}`);
    return {};
  },
};
