import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';

type Needs = Pick<DeployRequest, 'repository' | 'receivePacks' | 'output'>;

/** Completes or undoes what a server or a git that was cut off has left, before anything is built on it. */
export const recoverCutOff: Step<Needs, object> = {
  name: 'recover-cut-off',
  run: async ({ repository, receivePacks, output }, { recover }) => {
    const of = 'of a deploy that was cut off';
    const remains = await recover(repository, receivePacks, (line) => output.say(`${of}: ${line}`));
    for (const what of remains) output.say(`warning: ${of}: ${what}`);
    return {};
  },
};
