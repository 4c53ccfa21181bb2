import { type AgainWish, again } from './again.ts';
import type { DeployTrigger } from './trigger.ts';

/** The pods of what runs are replaced, and nothing else changes. */
export const restart: DeployTrigger<'restart', Pick<AgainWish, 'dryRun'>> = {
  kind: 'restart',
  ask: ({ dryRun }, of) => again('restart', { noCache: false, dryRun }, of),
};
