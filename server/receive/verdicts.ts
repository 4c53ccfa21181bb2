import { asGitkubeError } from '../../base/errors.ts';
import { rollbackRef } from '../../base/release-name.ts';
import type { RefCommand } from '../../hooks/commands.ts';
import type { Verdict } from '../../hooks/proc-receive.ts';
import type { PreparedDeploy } from '../deploys/deploy.ts';
import type { Repository } from '../git/repository.ts';
import { shortReason } from './push-output.ts';
import type { PushedRefs } from './refs.ts';

type Deployed = Pick<PreparedDeploy, 'repository' | 'revision' | 'commit' | 'current' | 'isShallow' | 'isKnown'>;

/**
 * The answer to git about the ref that deployed. For a rollback by number it names another one than was pushed: the pusher's
 * git shows which branch moved where, and moves its own `dev/main` with it, unless it does not have that commit.
 */
export function deployVerdict({ repository, revision, commit, current, isShallow, isKnown }: Deployed): Verdict {
  const { ref, branch, rollbackTo } = revision;
  const fallThrough = isShallow ? { 'fall-through': '' } : {};
  if (rollbackTo === undefined) return { ref, ok: true, ...(isShallow && { options: fallThrough }) };
  const moved = { refname: `refs/heads/${branch}`, 'new-oid': commit, 'forced-update': '' };
  const options = isKnown
    ? { ...fallThrough, ...moved, ...(current !== undefined && { 'old-oid': current }) }
    : { ...fallThrough, refname: rollbackRef(rollbackTo, repository.environment) };
  return { ref, ok: true, options };
}

/** The answer to git about a ref that was built and not deployed. */
export function buildVerdict({ revision: { ref, branch }, commit }: Deployed): Verdict {
  return { ref, ok: true, options: { refname: `refs/builds/${branch}`, 'new-oid': commit } };
}

/** The answers to git about the other refs of a push, once what deploys is done. Deletes the branches that are to go. */
export async function otherVerdicts(
  repository: Pick<Repository, 'deleteBranch'>,
  { deletions, ignored }: Pick<PushedRefs, 'deletions' | 'ignored'>,
  asked: readonly RefCommand[],
): Promise<Verdict[]> {
  const isAsked = ({ ref }: RefCommand) => asked.some((command) => command.ref === ref);
  const deleted = await Promise.all(deletions.filter(isAsked).map((command) => deletion(repository, command)));
  return [...deleted, ...ignored.filter(isAsked).map(passedOver)];
}

async function deletion(repository: Pick<Repository, 'deleteBranch'>, command: RefCommand): Promise<Verdict> {
  const { ref } = command;
  try {
    await repository.deleteBranch(command);
    return { ref, ok: true };
  } catch (thrown) {
    return { ref, ok: false, reason: shortReason(asGitkubeError(thrown)) };
  }
}

/**
 * A refused ref would make the exit code of the push 1, although what deploys was deployed. Under its own name the
 * pusher's git would take it for a release of this Remote.
 */
function passedOver({ ref }: RefCommand): Verdict {
  return { ref, ok: true, options: { refname: ref.replace(/^refs\/tags\//, 'refs/ignored/') } };
}
