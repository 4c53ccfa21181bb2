import type { Step } from '../step.ts';
import type { TurnFacts } from './take-turn.ts';

/** Deploys that wait and are older than this one, which is checked, are out of date. */
export const dropOlder: Step<TurnFacts, object> = {
  name: 'drop-older',
  run: async ({ turn }, { queue }) => {
    queue.dropOlder(turn);
    return {};
  },
};
