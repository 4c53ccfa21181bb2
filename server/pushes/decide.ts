import { GitkubeError } from '../../base/errors.ts';
import { shortId } from '../../base/text.ts';
import type { RefCommand } from '../../hooks/commands.ts';
import type { Verdict } from '../../hooks/proc-receive.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import type { Accepted } from './accept.ts';
import { requireNotRevoked } from './allowed.ts';
import type { PushContext } from './context.ts';
import type { PushOutcome } from './observer.ts';
import { rollOut, settle, settleAfterGit } from './release.ts';
import type { PushScope } from './scope.ts';

/** What git is told, and what the push has come to; the latter later where git itself has to move the branch. */
export interface Decision {
  readonly verdict: Verdict;
  readonly outcome: PushOutcome | (() => Promise<PushOutcome>);
}

/**
 * The proc-receive step: rolls out what pre-receive has accepted and decides about the branch. When it throws, every
 * workload is what it was before and the branch is where it was.
 * @param startedAt when git had the whole push, on the monotonic clock
 */
export async function decide(
  context: PushContext,
  scope: PushScope,
  accepted: Accepted | undefined,
  commands: readonly RefCommand[],
  startedAt: number,
): Promise<Decision> {
  const asked = commands.find(({ ref, newOid }) => ref === accepted?.command.ref && newOid === accepted.command.newOid);
  if (!accepted || !asked) throw new GitkubeError('Internal', 'git asks for a ref that was not checked');
  requireNotRevoked(context, scope, accepted.remote);
  const { repository, page } = scope;
  const { branch, newOid: commit, ref } = accepted.command;
  if (accepted.options['skip-deploy']) {
    await repository.keepBuilt(branch, commit);
    page.stage(`Built ${shortId(commit)}, nothing deployed: push without -o skip-deploy to deploy it`);
    const options = { refname: `refs/builds/${branch}`, 'new-oid': commit };
    return { verdict: { ref, ok: true, options }, outcome: { kind: 'built' } };
  }
  if (accepted.current === commit) {
    page.stage(`${branch} is at ${shortId(commit)} already, and that is what runs`);
    return { verdict: { ref, ok: true }, outcome: { kind: 'unchanged' } };
  }
  return deploy(context, scope, accepted, startedAt);
}

async function deploy(
  context: PushContext,
  scope: PushScope,
  accepted: Accepted,
  startedAt: number,
): Promise<Decision> {
  const { branch, newOid: commit, ref } = accepted.command;
  const order = { ...scope, ...accepted, branch, commit, startedAt };
  const rolledOut = await rollOut(context, order);
  if (!accepted.shallow) {
    const release = await settle(context, order, rolledOut);
    return { verdict: { ref, ok: true }, outcome: await released(scope.repository, release) };
  }
  const whenGitEnds = await settleAfterGit(context, order, rolledOut);
  return {
    verdict: { ref, ok: true, options: { 'fall-through': '' } },
    outcome: async () => released(scope.repository, await whenGitEnds()),
  };
}

async function released(repository: Repository, release: Release | undefined): Promise<PushOutcome> {
  // It is released, also when the others cannot be read now.
  if (release) return { kind: 'released', release, releases: await repository.releases().catch(() => [release]) };
  const error = new GitkubeError('RefMoved', 'git did not move the branch, the workloads were put back');
  return { kind: 'failed', error };
}
