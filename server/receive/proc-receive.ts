import { GitkubeError } from '../../base/errors.ts';
import { shortId } from '../../base/text.ts';
import type { RefCommand } from '../../hooks/commands.ts';
import type { Verdict } from '../../hooks/proc-receive.ts';
import { assertNotRevoked } from '../access/authorize.ts';
import type { AcceptedDeploy } from '../deploys/accept-deploy.ts';
import type { PushContext } from '../deploys/context.ts';
import type { PushOutcome } from '../deploys/observer.ts';
import { rollOut, settle, settleAfterGit } from '../deploys/release.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import type { Accepted } from './pre-receive.ts';
import type { PushSession } from './push-session.ts';
import { ignoredLines } from './stored-refs.ts';
import { deployVerdict, otherVerdicts } from './verdicts.ts';

/** What git is told, and what the push has come to; the latter later where git itself has to move a ref. */
export interface Decision {
  readonly verdicts: readonly Verdict[];
  /** Undefined: nothing was to be deployed. */
  readonly outcome?: PushOutcome | (() => Promise<PushOutcome>);
}

/**
 * The proc-receive step: rolls out what pre-receive has accepted and decides about the branch. When it throws, every
 * workload is what it was before and the branch is where it was.
 * @param startedAt when git had the whole push, on the monotonic clock
 */
export async function runProcReceive(
  context: PushContext,
  scope: PushSession,
  accepted: Accepted | undefined,
  commands: readonly RefCommand[],
  startedAt: number,
): Promise<Decision> {
  if (!accepted || !areChecked(commands, accepted)) {
    throw new GitkubeError('Internal', 'git asks for a ref that was not checked');
  }
  assertNotRevoked(context, scope, accepted.remote);
  const { refs } = accepted;
  const { verdict, outcome } = accepted.deploy ? await decideDeploy(context, scope, accepted.deploy, startedAt) : {};
  for (const line of ignoredLines(accepted.deploy ? refs.ignored : [])) scope.page.stage(line);
  const others = await otherVerdicts(scope.repository, refs, commands);
  return { verdicts: [...(verdict ? [verdict] : []), ...others], ...(outcome && { outcome }) };
}

function areChecked(commands: readonly RefCommand[], { refs, deploy }: Accepted): boolean {
  const checked = [...(deploy ? [deploy.command] : []), ...refs.deletions, ...refs.ignored];
  const isSame = (one: RefCommand, other: RefCommand) => one.ref === other.ref && one.newOid === other.newOid;
  const deployIsAsked = !deploy || commands.some((command) => isSame(command, deploy.command));
  return deployIsAsked && commands.every((command) => checked.some((one) => isSame(one, command)));
}

interface DeployDecision {
  readonly verdict: Verdict;
  readonly outcome: PushOutcome | (() => Promise<PushOutcome>);
}

async function decideDeploy(
  context: PushContext,
  scope: PushSession,
  accepted: AcceptedDeploy,
  startedAt: number,
): Promise<DeployDecision> {
  const { repository, page } = scope;
  const { commit, command } = accepted;
  const { branch, ref } = command;
  if (accepted.options['skip-deploy']) {
    await repository.keepBuilt(branch, commit);
    page.stage(`Built ${shortId(commit)}, nothing deployed: push without -o skip-deploy to deploy it`);
    const options = { refname: `refs/builds/${branch}`, 'new-oid': commit };
    return { verdict: { ref, ok: true, options }, outcome: { kind: 'built' } };
  }
  if (accepted.unchanged) {
    page.stage(`${branch} is at ${shortId(commit)} already, and that is what runs`);
    return withoutRollbackRef(repository, accepted, { kind: 'unchanged' });
  }
  return deploy(context, scope, accepted, startedAt);
}

async function deploy(
  context: PushContext,
  scope: PushSession,
  accepted: AcceptedDeploy,
  startedAt: number,
): Promise<DeployDecision> {
  const order = { ...scope, ...accepted, branch: accepted.command.branch, startedAt };
  const rolledOut = await rollOut(context, order);
  if (!accepted.shallow || accepted.command.rollbackTo !== undefined) {
    const release = await settle(context, order, rolledOut);
    return withoutRollbackRef(scope.repository, accepted, await released(scope.repository, release));
  }
  const whenGitEnds = await settleAfterGit(context, order, rolledOut);
  const outcome = async () => released(scope.repository, await whenGitEnds());
  return { verdict: deployVerdict(accepted), outcome };
}

/** git makes the pushed ref of a rollback where the pushed commit is from a shallow clone; nobody needs it. */
function withoutRollbackRef(repository: Repository, accepted: AcceptedDeploy, outcome: PushOutcome): DeployDecision {
  const verdict = deployVerdict(accepted);
  if (!accepted.shallow) return { verdict, outcome };
  return {
    verdict,
    outcome: async () => {
      await repository.dropRollbackRefs();
      return outcome;
    },
  };
}

async function released(repository: Repository, release: Release | undefined): Promise<PushOutcome> {
  // It is released, also when the others cannot be read now.
  if (release) return { kind: 'released', release, releases: await repository.releases().catch(() => [release]) };
  const error = new GitkubeError('RefMoved', 'git did not move the branch, the workloads were put back');
  return { kind: 'failed', error };
}
