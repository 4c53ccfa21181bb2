/**
 * Puts together what the server's image holds beside Debian's packages. The Dockerfile runs this in its own stages;
 * scripts/image runs it on this machine where those would reach no network.
 *
 *   node scripts/images/assemble.ts tools|program FOLDER
 */
import { chmod, cp, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { stderrProgress } from '../../test/cluster/progress.ts';
import { describeError, RigError } from '../../test/cluster/rig-error.ts';
import { ensureTools } from '../../test/cluster/tools.ts';

const root = join(import.meta.dirname, '../..');

/** helm and kubectl, pinned, as FOLDER/tools. */
export async function assembleTools(folder: string, cacheDir: string, progress = stderrProgress): Promise<void> {
  const { helm, kubectl } = await ensureTools(cacheDir, progress);
  for (const program of [helm, kubectl]) await cp(program, join(folder, 'tools', basename(program)));
}

/**
 * Node as FOLDER/runtime, the packages that the server runs with as FOLDER/modules, and the bundled server as
 * FOLDER/program.
 */
export async function assembleProgram(folder: string, bundled = join(root, 'dist')): Promise<void> {
  await mkdir(join(folder, 'runtime'), { recursive: true });
  // npm's package `node`: pinned by the lock file, and what ssh2's addon was built for. The stage of the tools has no server.
  const { requireSafeCrypto } = await import('../../server/ssh/native-crypto.ts');
  requireSafeCrypto();
  const node = createRequire(import.meta.url).resolve('node/bin/node');
  await cp(node, join(folder, 'runtime/node'), { dereference: true });
  for (const path of productionPackages(await readLock())) await copyPackage(path, join(folder, 'modules', path));
  const program = join(folder, 'program');
  const filter = (path: string) => !/\.(ts|map)$/.test(path);
  for (const name of ['package.json', 'LICENSE', 'hooks', 'manifests']) {
    await cp(join(root, name), join(program, name), { recursive: true, filter });
  }
  await cp(bundled, join(program, 'dist'), { recursive: true, filter });
  await chmod(join(program, 'dist/gitkube.js'), 0o755);
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

type Lock = Readonly<Record<string, LockedPackage>>;

/** The paths of the packages that `npm ci --omit=dev --omit=optional` would install. */
export function productionPackages(lock: Lock): string[] {
  return Object.entries(lock)
    .filter(([path, { dev, devOptional, optional }]) => path !== '' && !dev && !devOptional && !optional)
    .map(([path]) => path);
}

async function readLock(): Promise<Lock> {
  return JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages;
}

// Types, source maps and what a compiler leaves behind: half of the bytes, and nothing that runs.
const unused = /\.([cm]?ts|map)$|\/obj\.target$|\/\.deps$/;

/** Packages below this one are in the lock file on their own. */
async function copyPackage(path: string, target: string): Promise<void> {
  const source = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  const filter = (name: string) => name !== join(source, 'node_modules') && !unused.test(name);
  await cp(source, target, { recursive: true, filter });
}

async function main([what, folder]: readonly string[]): Promise<void> {
  if (folder === undefined) throw new RigError('usage: assemble.ts tools|program FOLDER');
  if (what === 'tools') return assembleTools(folder, join(tmpdir(), 'gitkube-tools'));
  if (what === 'program') return assembleProgram(folder);
  throw new RigError(`'${what}' is neither tools nor program`);
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (thrown) {
    for (const line of describeError(thrown)) console.error(line);
    process.exitCode = 1;
  }
}
