import { type AgainWish, again } from './again.ts';
import type { DeployTrigger } from './trigger.ts';

/** What runs is deployed again: the same commit, and the same images unless they are to be built. */
export const redeploy: DeployTrigger<'redeploy', AgainWish> = {
  kind: 'redeploy',
  ask: (wish, of) => again('redeploy', wish, of),
};
