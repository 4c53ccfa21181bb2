import { GitkubeError } from '../../base/errors.ts';
import { askServer, seeCommits } from '../../base/server-hints.ts';

/** The branch is not where a deploy expects it. @param isPushed there is a clone to push from */
export function refMoved(branch: string, isPushed: boolean, cause?: unknown): GitkubeError {
  const what = isPushed ? 'push' : 'deploy';
  return new GitkubeError('RefMoved', `${branch} moved during this ${what}`, {
    hint: isPushed
      ? `${seeCommits({ branch })}   shows the new commits; rebase yours on them, and push again`
      : `${askServer('status')}   shows what runs now; then type it again`,
    cause,
  });
}
