import { resolve } from 'node:path';
import { removeContainers } from './containers.ts';
import { engineAnswers } from './engine-api.ts';
import { useHandedOver } from './handed-over.ts';
import { findK3s, startK3s } from './k3s.ts';
import { ensureKubeProgram } from './kube-program.ts';
import { restartApiServer as restart } from './kubernetes.ts';
import { findLocalRig, partStates, startLocalRig, stopLocalRig } from './local-rig.ts';
import { ensurePackages, needs } from './packages.ts';
import { ownProcessId } from './process-id.ts';
import { type Progress, silentProgress } from './progress.ts';
import { registryAnswers } from './registry.ts';
import { RigError } from './rig-error.ts';
import { run } from './run.ts';
import {
  abandonedRigs,
  type ClusterEnv,
  createState,
  defaultCacheDir,
  defaultStateDir,
  isAbandoned,
  readRecord,
  removeState,
  rigName,
  updateRecord,
  withRigLock,
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
  const work = async () => {
    checkPath(stateDir);
    const running = await healthyEnv(stateDir);
    if (running !== undefined) return running;
    if (readRecord(stateDir) !== undefined) {
      await progress.step('clean what an earlier run left', () => stop(stateDir, cacheDir));
    }
    // While it comes up, this process owns it in any case, so that the next process cleans up when it is killed.
    const owner = ownProcessId();
    await createState(stateDir, cacheDir, owner);
    try {
      const result = await bringUp({ stateDir, cacheDir, env, owned, progress });
      await updateRecord(stateDir, { env: result, owner: owned ? owner : undefined });
      return result;
    } catch (thrown) {
      await stopParts(stateDir);
      // Logs stay, for the error names them.
      if (partStates(stateDir).length === 0) await removeState(stateDir, cacheDir);
      throw thrown;
    }
  };
  const onWait = () => progress.line(`waiting for another run that brings ${stateDir} up or down`);
  return withRigLock(stateDir, cacheDir, work, onWait);
}

interface BringUpOptions {
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly owned: boolean;
  readonly progress: Progress;
}

/** A cluster that was handed over; else K3s, where its image can be had; else one made of this machine's packages. */
async function bringUp(options: BringUpOptions): Promise<ClusterEnv> {
  const { stateDir, cacheDir, env, owned, progress } = options;
  if (env.GITKUBE_TEST_KUBECONFIG) return useHandedOver(options);
  const k3s = await findK3s(env);
  if (k3s !== undefined) {
    await updateRecord(stateDir, { containersIn: k3s.socket });
    await ensurePackages([needs.busybox], cacheDir, progress);
    return startK3s({ ...k3s, stateDir, progress });
  }
  if (process.getuid?.() !== 0 || process.platform !== 'linux') {
    throw new RigError('a cluster on this machine needs root on Linux, or a Docker Engine that can pull K3s', {
      hint: [
        'run this as root',
        'or use a cluster that you have: ./quickstart --kubeconfig FILE; in tests GITKUBE_TEST_KUBECONFIG and _REGISTRY',
      ],
    });
  }
  await ensurePackages(Object.values(needs), cacheDir, progress);
  const kube = await ensureKubeProgram(cacheDir, env.KUBE_ASSETS, progress);
  return startLocalRig({ stateDir, cacheDir, kube, owned, progress });
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
    run(env.kubectl, ['get', '--raw', '/readyz', '--request-timeout=5s'], { timeoutMs: 10_000 }).then(() => true),
    engineAnswers(env.engineSocket),
    registryAnswers(env.registry),
  ];
  const answers = await Promise.all(checks.map((check) => check.catch(() => false)));
  return answers.every(Boolean) ? env : undefined;
}

/** Kills the API server without warning and starts it again; resolves when it is ready. */
export async function restartApiServer({
  stateDir,
  kubeconfig,
}: Pick<ClusterEnv, 'stateDir' | 'kubeconfig'>): Promise<void> {
  const rig = findLocalRig(stateDir);
  if (rig === undefined)
    throw new RigError(`the cluster of ${stateDir} was not started from this machine's packages, or does not run`);
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
  await stopParts(stateDir);
  await removeState(stateDir, cacheDir);
}

/** Ends everything that `bringUp` began, however far it came. */
async function stopParts(stateDir: string): Promise<void> {
  const engine = readRecord(stateDir)?.containersIn;
  if (engine !== undefined) await removeContainers(engine, rigName(stateDir));
  await stopLocalRig(stateDir);
}

function checkPath(stateDir: string): void {
  // sun_path of unix(7) holds 108 bytes.
  if (Buffer.byteLength(stateDir) <= 90) return;
  throw new RigError('the path of the state folder is too long for the sockets in it', {
    hint: [`name one of at most 90 characters: --state DIR, not ${stateDir}`],
  });
}
