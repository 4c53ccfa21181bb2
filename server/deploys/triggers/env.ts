import type { EnvChange } from '../../env/env-change.ts';
import { again } from './again.ts';
import type { DeployTrigger } from './trigger.ts';

export interface EnvWish {
  readonly change: EnvChange;
  /** Check everything, and change nothing. */
  readonly dryRun: boolean;
}

/** What the workloads of what runs read as settings is to change. */
export const env: DeployTrigger<'env', EnvWish> = {
  kind: 'env',
  ask: async ({ change, dryRun }, of) => {
    const wanted = await again('env', { noCache: false, dryRun }, of);
    return { ...wanted, revision: { ...wanted.revision, env: change } };
  },
};
