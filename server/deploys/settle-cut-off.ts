import { again } from '../../base/again.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { releaseName } from '../../base/release-name.ts';
import { type Settled, settleRefs } from '../git/settle-refs.ts';
import type { JournalEntry } from './journal.ts';
import type { DeployRequest } from './request.ts';
import { Undecided } from './step.ts';

/**
 * Completes or undoes what git has left of the refs.
 * @throws Undecided when neither is possible: the journal has to stay
 */
export async function settleCutOff(
  log: Logger,
  { repository, receivePacks }: Pick<DeployRequest, 'repository' | 'receivePacks'>,
  journal: JournalEntry,
): Promise<Settled> {
  const { release } = journal.mark;
  const settling = () => settleRefs(repository, { ...journal, release }, receivePacks);
  try {
    // A git that was killed once is tried once more: what it has done by then is seen.
    const settled = await settling().catch(settling);
    if (settled.problem) log.warn({ err: settled.problem }, 'a release that git had begun could not be completed');
    return settled;
  } catch (cause) {
    const what = `${releaseName(release, repository.environment)} is rolled out, but git could not record it`;
    const error = new GitkubeError('GitFailed', `${what}: ${asGitkubeError(cause).message}`, {
      hint: `${again}: Gitkube first completes this release or restores the previous version`,
      cause,
    });
    throw new Undecided(error);
  }
}
