import { access, constants, mkdir } from 'node:fs/promises';
import { GitkubeError } from '../base/errors.ts';

/**
 * Makes the data folder where it is missing.
 * @throws ConfigInvalid when nothing can be kept in it: better than to find out at the first push
 */
export async function prepareDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    const who = `${process.getuid?.() ?? ''}:${process.getgid?.() ?? ''}`;
    throw new GitkubeError(
      'ConfigInvalid',
      `GITKUBE_DATA: the folder ${folder} cannot be used (${code}) by user ${who}`,
      {
        hint: `chown -R ${who} ${folder}, or use a volume that this user can write; in a pod: securityContext.fsGroup`,
        cause,
      },
    );
  }
}
