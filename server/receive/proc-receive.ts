import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { RefCommand } from '../../hooks/commands.ts';
import type { Verdict } from '../../hooks/proc-receive.ts';
import { assertNotRevoked } from '../access/reauthorize.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { PreparedDeploy } from '../deploys/deploy.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import { begin, promise, release, releaseAfterGit, rollOut } from '../deploys/pipeline.ts';
import type { DeploySession } from '../deploys/session.ts';
import { Ended } from '../deploys/step.ts';
import { actsOf } from './acts.ts';
import type { JoinedDeploy } from './joined-deploy.ts';
import type { Accepted } from './pre-receive.ts';
import { ignoredLines } from './stored-refs.ts';
import { buildVerdict, deployVerdict, otherVerdicts } from './verdicts.ts';

/** The answer to git, and the outcome of the push. */
export interface Decision {
  readonly verdicts: readonly Verdict[];
  /** Undefined: nothing was to be deployed, or it is not decided before git has moved a ref. */
  readonly outcome?: DeployOutcome;
  /** Another push has reported this outcome, which this one has joined. */
  readonly isJoined?: true;
  /** What is left to be done when git has ended. */
  readonly afterGit?: () => Promise<DeployOutcome>;
}

/**
 * The proc-receive step: rolls out what pre-receive has accepted and decides about the branch. When it throws, every
 * workload is what it was before and the branch is where it was.
 */
export async function runProcReceive(
  context: DeployContext,
  session: DeploySession,
  accepted: Accepted | undefined,
  commands: readonly RefCommand[],
): Promise<Decision> {
  if (!accepted || !areChecked(commands, accepted)) {
    throw new GitkubeError('Internal', 'git asks for a ref that was not checked');
  }
  const { refs, deploy, joined, remote } = accepted;
  for (const act of actsOf(refs, session.principal)) assertNotRevoked(context, act, remote);
  if (joined) return decideJoined(session, refs, joined, commands);
  const { verdict, ...decided } = deploy ? await decideDeploy(context, deploy) : {};
  for (const line of ignoredLines(deploy ? refs.ignored : [])) session.output.stage(line);
  const others = await otherVerdicts(session.repository, refs, commands);
  return { verdicts: [...(verdict ? [verdict] : []), ...others], ...decided };
}

async function decideJoined(
  { repository, output }: DeploySession,
  refs: Accepted['refs'],
  joined: JoinedDeploy,
  commands: readonly RefCommand[],
): Promise<Decision> {
  const { verdict, outcome } = await joined.verdict(refs.deploy?.ref ?? '');
  for (const line of ignoredLines(refs.ignored)) output.stage(line);
  const others = await otherVerdicts(repository, refs, commands);
  return { verdicts: [verdict, ...others], ...(outcome && { outcome }), isJoined: true };
}

function areChecked(commands: readonly RefCommand[], { refs }: Accepted): boolean {
  const { deploy } = refs;
  const checked = [...(deploy ? [deploy] : []), ...refs.deletions, ...refs.ignored];
  const isSame = (one: RefCommand, other: RefCommand) => one.ref === other.ref && one.newOid === other.newOid;
  const deployIsAsked = !deploy || commands.some((command) => isSame(command, deploy));
  return deployIsAsked && commands.every((command) => checked.some((one) => isSame(one, command)));
}

interface DeployDecision extends Omit<Decision, 'verdicts'> {
  readonly verdict: Verdict;
}

async function decideDeploy(context: DeployContext, prepared: PreparedDeploy): Promise<DeployDecision> {
  const { revision, isShallow } = prepared;
  const begun = await begin.check(prepared, context);
  if (begun instanceof Ended) {
    const { outcome } = begun;
    if (outcome.kind === 'built') return { verdict: buildVerdict(prepared), outcome };
    return withoutRollbackRef(context, prepared, outcome);
  }
  const rolledOut = await rollOut.execute(begun, context);
  if (!isShallow || revision.rollbackTo !== undefined) {
    const { outcome } = await release.execute(rolledOut, context);
    return withoutRollbackRef(context, prepared, outcome);
  }
  await promise.execute(rolledOut, context);
  const afterGit = () => releaseAfterGit.execute(rolledOut, context).then(({ outcome }) => outcome, failed);
  return { verdict: deployVerdict(prepared), afterGit };
}

function failed(thrown: unknown): DeployOutcome {
  return { kind: 'failed', error: asGitkubeError(thrown) };
}

/** git makes the pushed ref of a rollback where the pushed commit is from a shallow clone; nobody needs it. */
function withoutRollbackRef({ log }: DeployContext, prepared: PreparedDeploy, outcome: DeployOutcome): DeployDecision {
  const { repository, revision } = prepared;
  const verdict = deployVerdict(prepared);
  if (!prepared.isShallow || !revision.ref.startsWith('refs/rollback/')) return { verdict, outcome };
  return {
    verdict,
    outcome,
    afterGit: async () => {
      // It is decided; what is left is dropped when the repository is opened again.
      await repository
        .dropRef(revision.ref)
        .catch((error) => log.warn({ err: asGitkubeError(error) }, 'the ref of a rollback is left'));
      return outcome;
    },
  };
}
