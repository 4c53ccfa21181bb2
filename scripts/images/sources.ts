import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/**
 * The first digits of a hash of everything that the server's image is made of: unchanged sources are not built again. What
 * that is, .dockerignore says.
 */
export async function sourceKey(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of ['Dockerfile', '.dockerignore', ...(await sourceFiles())]) {
    const content = await readFile(join(root, path));
    hash.update(`${path} ${(await stat(join(root, path))).mode & 0o111} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 12);
}

/** The paths of all files in the build context, sorted. */
export async function sourceFiles(): Promise<string[]> {
  const lines = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
  const included = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  return (await Promise.all(included.map(filesBelow))).flat().sort();
}

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(join(root, path))).isDirectory()) return [path];
  const names = await readdir(join(root, path));
  const wanted = names.filter((name) => !name.endsWith('.test.ts') && name !== 'testing');
  return (await Promise.all(wanted.map((name) => filesBelow(join(path, name))))).flat();
}
