import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';

/** The request of a deploy: readers of its output get it from the first line on. */
export const ask: Step<DeployRequest, object> = {
  name: 'ask',
  run: async (deploy, { events }) => {
    events.emit({ kind: 'deployAsked', deploy });
    return {};
  },
};
