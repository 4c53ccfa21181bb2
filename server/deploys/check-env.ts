import { readersOf } from '../env/readers.ts';
import type { Release } from '../git/release.ts';
import type { CheckedDeploy, CheckFacts } from './check-build.ts';
import { checkRestart } from './check-restart.ts';
import type { DeployContext } from './context.ts';
import type { EnvFacts } from './steps/plan-env.ts';

/** As before a restart: the workloads of what runs are there and take a change. */
export async function checkEnv(
  context: DeployContext,
  facts: CheckFacts & EnvFacts,
  release: Release,
): Promise<CheckedDeploy> {
  const checked = await checkRestart(context, facts, release);
  const { env, options } = facts;
  if (!env?.change) return { ...checked, dryRun: ['nothing to change: the env is like that already'] };
  if (!options.dryRun) return checked;
  const readers = await readersOf(context, checked.remote.deployments, env.ref, facts.output.say);
  return { ...checked, dryRun: readers.map(({ name }) => `${name}: would replace its pods`) };
}
