import { environmentOf } from '../environment.ts';
import type { BranchMove, QueueEntry } from '../queue-entry.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import { takeTurn as takeTurnOf } from '../turn.ts';
import type { RevisionFacts } from './find-revision.ts';

export interface TurnFacts {
  readonly turn: QueueEntry;
}

/** Waits until nobody else deploys to this environment; the turn lasts until the deploy is over and answered. */
export const takeTurn: Step<DeployRequest & RevisionFacts, TurnFacts> = {
  name: 'take-turn',
  run: async (facts, context) => {
    const { id, asked: remote, revision, commit, principal } = facts;
    const waits = () => facts.waits({ id, remote, branch: revision.branch, commit, by: principal.name });
    return { turn: await takeTurnOf(context, facts, queueEntry(facts), waits) };
  },
};

/** A newer push that contains an older one, and began where that began, is accepted wherever the older one is. */
function queueEntry({
  trigger,
  asked,
  repository,
  revision: { branch, oldOid, rollbackTo, git, again },
  options,
  commit,
  label,
  isTentative,
  givesWay,
}: DeployRequest & RevisionFacts): Omit<QueueEntry, 'onWait' | 'signal'> {
  // A push that is released while a task waits says itself whether that still fits.
  const deploys = !options.dryRun && !options.skipDeploy && again !== 'task';
  const doing = trigger.kind === 'push' ? {} : { doing: `the ${trigger.kind} before this one` };
  const place = { environment: environmentOf(asked), branch, deploys, label, givesWay, ...doing };
  // A rollback by number is accepted wherever the branch is.
  const move = { oldOid: '', newOid: commit };
  if (isTentative) return { ...place, move, covers: async () => false };
  if (rollbackTo !== undefined) return { ...place, move };
  const covers = async (older: BranchMove) =>
    older.oldOid === oldOid && (await repository.isAncestor(older.newOid, commit, git));
  return { ...place, move: { oldOid, newOid: commit }, covers };
}
