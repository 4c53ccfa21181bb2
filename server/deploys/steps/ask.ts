import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';

/** Whatever asks for a deploy: those who listen to what it says hear it from its first line on. */
export const ask: Step<DeployRequest, object> = {
  name: 'ask',
  run: async (deploy, { events }) => {
    events.emit({ kind: 'deployAsked', deploy });
    return {};
  },
};
