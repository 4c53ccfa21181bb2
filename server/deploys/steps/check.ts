import { manifestedEnv } from '../../env/manifested-env.ts';
import { plannedLines } from '../../tasks/plan.ts';
import { type CheckedDeploy, checkBuild } from '../check-build.ts';
import { checkEnv } from '../check-env.ts';
import { checkRestart } from '../check-restart.ts';
import { checkRollback } from '../check-rollback.ts';
import { checkTasks } from '../check-tasks.ts';
import type { DeployContext } from '../context.ts';
import { foreseeTests } from '../foresee-tests.ts';
import type { DeployRequest } from '../request.ts';
import { Ended, type Step } from '../step.ts';
import type { RemoteFacts } from './authorize-again.ts';
import type { OriginFacts } from './choose-images.ts';
import type { RevisionFacts } from './find-revision.ts';
import type { EnvFacts } from './plan-env.ts';
import type { PlannedTasks } from './plan-tasks.ts';

export interface CheckedFacts {
  readonly checked: CheckedDeploy;
}

type Needs = DeployRequest & RevisionFacts & RemoteFacts & OriginFacts & EnvFacts & PlannedTasks;

/** Checks everything that can be checked before anything is built. The end of a dry run. */
export const check: Step<Needs, CheckedFacts> = {
  name: 'check',
  run: async (facts, context) => {
    const { options, env, output } = facts;
    const checked = await checkOf(facts, context);
    const held = checked.manifests?.objects.map(({ kind, metadata: { name } }) => ({ kind, name }));
    if (held) output.manifestsHold(held);
    await checkTasks(context, { ...facts, checked });
    for (const line of env ? manifestedEnv(env.ref, checked.manifests?.objects ?? []) : []) output.say(line);
    return options.dryRun ? endDryRun({ ...facts, checked }, context) : { checked };
  },
};

function checkOf(facts: Needs, context: DeployContext): Promise<CheckedDeploy> {
  const { origin, revision } = facts;
  if (origin.kind === 'build') return checkBuild(context, facts);
  if (revision.again === 'env') return checkEnv(context, facts, origin.release);
  const check = revision.again === 'restart' ? checkRestart : checkRollback;
  return check(context, facts, origin.release);
}

async function endDryRun(facts: Needs & CheckedFacts, { tasks }: Pick<DeployContext, 'tasks'>): Promise<Ended> {
  const { output, trigger, checked } = facts;
  for (const line of [...checked.dryRun, ...plannedLines(await foreseeTests(tasks, facts))]) output.say(line);
  for (const line of lastLines(trigger)) output.stage(line);
  return new Ended({ kind: 'checked' });
}

/** After a push the last word is git's, which knows no dry run: it reports that the push is rejected. */
export function lastLines({ kind }: Pick<Needs['trigger'], 'kind'>): string[] {
  const found = 'Dry run: no errors found; nothing is built or changed';
  return kind === 'push'
    ? [`${found}, so git reports the push as rejected`, 'To deploy, push again without -o dry-run']
    : [found, 'To deploy, leave out --dry-run'];
}
