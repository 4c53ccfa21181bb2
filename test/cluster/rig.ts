import { resolve } from 'node:path';
import { engineAnswers } from './engine.ts';
import { ensureKubeProgram } from './kube-program.ts';
import { callApiServer, restartApiServer as restart } from './kubernetes.ts';
import { findLocalRig, partStates, startLocalRig, stopLocalRig } from './local-rig.ts';
import { ensurePackages, needs } from './packages.ts';
import { ownProcessId } from './process-id.ts';
import { type Progress, silentProgress } from './progress.ts';
import { registryAnswers } from './registry.ts';
import { RigError } from './rig-error.ts';
import {
  abandonedRigs,
  type ClusterEnv,
  createState,
  defaultCacheDir,
  defaultStateDir,
  isAbandoned,
  readRecord,
  removeState,
  withRigLock,
  writeRecord,
} from './state.ts';

export interface StartOptions {
  readonly stateDir?: string;
  /** True: the cluster ends with this process, however that ends. False: it stays until it is stopped. */
  readonly owned?: boolean;
  readonly progress?: Progress;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Brings a cluster, an engine and a registry up. A healthy one in the state folder is used as it is; the remains of one are
 * cleaned away first, and so are those of owned clusters anywhere on this machine whose owner is gone.
 */
export async function startCluster(options: StartOptions = {}): Promise<ClusterEnv> {
  const { env = process.env, progress = silentProgress, owned = false } = options;
  const stateDir = resolve(options.stateDir ?? defaultStateDir(env));
  const cacheDir = resolve(defaultCacheDir(env));
  await cleanAbandoned(cacheDir, stateDir, progress);
  return withRigLock(stateDir, cacheDir, async () => {
    const running = await healthyEnv(stateDir);
    if (running !== undefined) return running;
    if (readRecord(stateDir) !== undefined) {
      await progress.step('clean what an earlier run left', () => stop(stateDir, cacheDir));
    }
    // While it comes up, this process owns it, so that one that is killed meanwhile is cleaned up by whoever comes next.
    const owner = ownProcessId();
    checkPath(stateDir);
    await ensurePackages(Object.values(needs), cacheDir, progress);
    const kube = await ensureKubeProgram(cacheDir, env.KUBE_ASSETS, progress);
    await createState(stateDir, cacheDir, owner);
    try {
      const result = await startLocalRig({ stateDir, cacheDir, kube, owned, progress });
      await writeRecord(stateDir, { ...(owned ? { owner } : {}), env: result });
      return result;
    } catch (thrown) {
      // Processes go, logs stay: the error names them.
      await stopLocalRig(stateDir);
      throw thrown;
    }
  });
}

/** Takes a cluster down and deletes its state folder. Nothing of it is left, also when it was killed half way up. */
export async function stopCluster(stateDir: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const cacheDir = resolve(defaultCacheDir(env));
  await withRigLock(resolve(stateDir), cacheDir, () => stop(resolve(stateDir), cacheDir));
}

/** What a healthy rig in this folder offers; undefined when there is none or a part of it does not answer. */
export async function healthyEnv(stateDir: string): Promise<ClusterEnv | undefined> {
  const env = readRecord(stateDir)?.env;
  if (env === undefined || partStates(stateDir).some(({ runs }) => !runs)) return undefined;
  const checks = [
    callApiServer(env.kubeconfig, '/readyz').then(({ status }) => status === 200),
    engineAnswers(env.engineSocket),
    registryAnswers(env.registry),
  ];
  const answers = await Promise.all(checks.map((check) => check.catch(() => false)));
  return answers.every(Boolean) ? env : undefined;
}

/** Kills the API server without warning and starts it again; resolves when it is ready. */
export async function restartApiServer({ stateDir, kubeconfig }: ClusterEnv): Promise<void> {
  const rig = findLocalRig(stateDir);
  if (rig === undefined) throw new RigError(`no cluster of ours runs in ${stateDir}`);
  await restart(rig, kubeconfig);
}

async function cleanAbandoned(cacheDir: string, except: string, progress: Progress): Promise<void> {
  for (const stateDir of abandonedRigs(cacheDir)) {
    if (stateDir === except) continue;
    await progress.step(`clean ${stateDir}, left by a run that was killed`, () =>
      withRigLock(stateDir, cacheDir, async () => {
        if (isAbandoned(stateDir)) await stop(stateDir, cacheDir);
      }),
    );
  }
}

async function stop(stateDir: string, cacheDir: string): Promise<void> {
  await stopLocalRig(stateDir);
  await removeState(stateDir, cacheDir);
}

function checkPath(stateDir: string): void {
  // sun_path of unix(7) holds 108 bytes.
  if (Buffer.byteLength(stateDir) <= 90) return;
  throw new RigError('the path of the state folder is too long for the sockets in it', {
    hint: [`name one of at most 90 characters: --state DIR, not ${stateDir}`],
  });
}
