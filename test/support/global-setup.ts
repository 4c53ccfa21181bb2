import { resolve } from 'node:path';
import { ensurePackages, mayInstall } from '../cluster/packages.ts';
import { stderrProgress } from '../cluster/progress.ts';
import { healthyEnv, startCluster, stopCluster } from '../cluster/rig.ts';
import { describeError } from '../cluster/rig-error.ts';
import { type ClusterEnv, defaultCacheDir } from '../cluster/state.ts';
import { ensureTools, type Tools } from '../cluster/tools.ts';
import { must } from './command.ts';
import { eventually } from './eventually.ts';

/** What the tests drive and a bare machine may lack. */
const clients = [
  { package: 'openssh-client', file: 'ssh' },
  { package: 'openssh-server', file: '/usr/sbin/sshd' },
  { package: 'ssh-audit', file: 'ssh-audit' },
  { package: 'dropbear-bin', file: 'dbclient' },
  { package: 'git-lfs', file: 'git-lfs' },
  { package: 'zsh', file: 'zsh' },
  { package: 'fish', file: 'fish' },
  // Stands in front of git over HTTPS.
  { package: 'nginx', file: 'nginx' },
];

/** The cluster does without it, and takes longer for each of the many pods. */
const fasterPods = { package: 'crun', file: 'crun' };

/**
 * Before the first end-to-end test: the cluster, engine and registry, which end with this run, however it ends.
 * GITKUBE_TEST_RIG names the state folder of one that runs already (`scripts/cluster up --state DIR`).
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // What is written in Go here (the cluster, kubectl, helm, the engine) runs for minutes at most: memory is cheaper than time.
  process.env.GOGC ??= '400';
  try {
    const given = process.env.GITKUBE_TEST_RIG;
    const wanted = given === undefined && mayInstall() ? [...clients, fasterPods] : clients;
    await ensurePackages(wanted, defaultCacheDir(process.env), stderrProgress);
    const env = given ? await healthyEnv(resolve(given)) : await start();
    if (!env) throw new Error(`no healthy cluster in GITKUBE_TEST_RIG=${given}`);
    publish(env, await ensureTools(defaultCacheDir(process.env), stderrProgress));
    await must(env.kubectl, ['apply', '--server-side', '-f', resolve(import.meta.dirname, '../../manifests/crd.yaml')]);
    // It is stored a moment before Remotes are served.
    await eventually(() => must(env.kubectl, ['get', 'remotes', '--all-namespaces', '-o', 'name']).then(() => true));
    return given ? undefined : () => stopCluster(env.stateDir);
  } catch (thrown) {
    for (const line of describeError(thrown)) process.stderr.write(`${line}\n`);
    throw thrown;
  }
}

function start(): Promise<ClusterEnv> {
  return startCluster({ owned: true, progress: stderrProgress, stateDir: `/tmp/gitkube-test-${process.pid}` });
}

/** Workers are started after this and inherit it. */
function publish(env: ClusterEnv, tools: Tools): void {
  process.env.GITKUBE_RIG_STATE = env.stateDir;
  process.env.GITKUBE_RIG_KUBECONFIG = env.kubeconfig;
  process.env.GITKUBE_RIG_DOCKER = `unix://${env.engineSocket}`;
  process.env.GITKUBE_RIG_REGISTRY = env.registry;
  process.env.GITKUBE_RIG_HOST_ADDRESS = env.hostAddress;
  process.env.GITKUBE_RIG_BASE_IMAGE = env.baseImage;
  process.env.GITKUBE_RIG_HELM = tools.helm;
  process.env.GITKUBE_RIG_KUBECTL = tools.kubectl;
}
