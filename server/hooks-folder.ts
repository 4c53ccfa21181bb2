import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { GitkubeError } from '../base/errors.ts';

/**
 * The folder that git takes its hooks from. git passes silently over a hook that is not executable, and a push without
 * pre-receive would go unchecked: so the server does not start without both.
 * @throws ConfigInvalid
 */
export async function hooksFolder(root: string): Promise<string> {
  const folder = join(root, 'hooks');
  for (const hook of ['pre-receive', 'proc-receive']) {
    await access(join(folder, hook), constants.X_OK).catch((cause) => {
      throw new GitkubeError('ConfigInvalid', `the hook ${join(folder, hook)} is missing or not executable`, {
        hint: `chmod +x ${join(folder, hook)}`,
        cause,
      });
    });
  }
  return folder;
}
