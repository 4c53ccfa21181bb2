import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';

const file = 'server-name';

/**
 * The name of the server that works on a data folder, made at its first start: a server that starts again there is the
 * same one to all others, and one with a data folder of its own another.
 */
export async function serverNameOf(folder: string): Promise<string> {
  const known = await knownServerName(folder);
  if (known !== undefined) return known;
  const name = `${hostname()}-${randomBytes(4).toString('hex')}`;
  const path = join(folder, file);
  const draft = await open(`${path}.new`, 'w', 0o644);
  try {
    await draft.writeFile(`${name}\n`);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${path}.new`, path);
  return name;
}

/** Undefined: no server was started there yet. @throws ConfigInvalid when it cannot be read: another name is another server */
export async function knownServerName(folder: string): Promise<string | undefined> {
  const path = join(folder, file);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw new GitkubeError('ConfigInvalid', `${path} cannot be read (${cause.code})`, {
      hint: 'GITKUBE_DATA has to belong to the user that runs the server; or set GITKUBE_SERVER_NAME to the name in this file',
      cause,
    });
  });
  return text.trim() || undefined;
}
