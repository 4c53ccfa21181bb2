import { GitkubeError } from '../../base/errors.ts';
import { askAboutRemote, seeCommits } from '../../base/server-hints.ts';

/** The branch is not where a deploy expects it. @param isPushed there is a clone to push from */
export function refMoved(branch: string, isPushed: boolean, cause?: unknown): GitkubeError {
  const what = isPushed ? 'push' : 'deploy';
  return new GitkubeError('RefMoved', `${branch} moved during this ${what}`, {
    hint: isPushed
      ? [`to see the new commits, type: ${seeCommits({ branch })}`, 'rebase yours on them, and push again']
      : [`to see what runs now, type: ${askAboutRemote('status')}`, 'type it again if it still fits'],
    cause,
  });
}
