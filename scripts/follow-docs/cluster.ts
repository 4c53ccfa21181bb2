import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findLocalRig } from '../../test/cluster/local-rig.ts';
import { progressTo, silentProgress } from '../../test/cluster/progress.ts';
import { startCluster, stopCluster } from '../../test/cluster/rig.ts';
import { RigError } from '../../test/cluster/rig-error.ts';
import { type ClusterEnv, defaultCacheDir } from '../../test/cluster/state.ts';
import { ensureTools } from '../../test/cluster/tools.ts';
import { bringStandIns } from '../../test/images/stand-ins.ts';
import { bringVolume } from '../../test/support/reader-cluster.ts';
import { pushImage, tagImage } from '../images/images-in-engine.ts';
import { publish } from '../images/publish.ts';
import type { Reader } from './reader.ts';

/** A cluster as a reader has one, with what its images, its volumes and its engine need on this machine. */
export interface ReaderCluster extends AsyncDisposable {
  readonly env: ClusterEnv;
  /** A file with values of the chart. */
  readonly values: string;
}

const progress = progressTo((line) => console.log(`note  ${line.trim()}`));

/** Ends with this process, or with the result. */
export async function createCluster(reader: Reader): Promise<ReaderCluster> {
  await using stack = new AsyncDisposableStack();
  const variables = { ...process.env, ...reader.env };
  const stateDir = join(tmpdir(), `follow-cluster-${process.pid}`);
  stack.defer(() => stopCluster(stateDir, variables));
  const env = await startCluster({ stateDir, owned: true, env: variables });
  if (findLocalRig(stateDir) === undefined) {
    throw new RigError('the cluster is not made of the packages of this machine', { hint: ['GITKUBE_TEST_K3S=off'] });
  }
  stack.use(await bringStandIns({ ...env, progress }));
  await mirrorDockerHub(env);
  const cluster = { kubectl: env.kubectl, kubeconfig: env.kubeconfig, state: stateDir };
  await bringVolume(cluster, { namespace: 'gitkube', claim: 'gitkube' });
  await bringVolume(cluster, { namespace: 'notes', claim: 'data-db-0' });
  const values = await writeValues(reader, env, defaultCacheDir(variables));
  await handOver(reader, env, defaultCacheDir(variables));
  const kept = stack.move();
  return { env, values, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** For the engine in the pod of Gitkube, which reaches the registry and nothing behind it. */
async function mirrorDockerHub({ engineSocket, registry }: ClusterEnv): Promise<void> {
  for (const name of ['busybox:latest', 'node:24-slim']) {
    await tagImage(engineSocket, name, `${registry}/library/${name}`);
    await pushImage(engineSocket, `${registry}/library/${name}`);
  }
}

/** A Service without a load balancer, an engine in a pod that may set up no network, a registry without TLS. */
async function writeValues({ home }: Reader, { engineSocket, registry }: ClusterEnv, cacheDir: string) {
  const engine = await publish({ engine: `unix://${engineSocket}`, cacheDir, progress }, registry, 'engine');
  const [, repository, tag] = /^(.*):([^:/]+)$/.exec(engine) ?? [];
  const values = {
    service: { type: 'NodePort' },
    // As the tutorial asks for.
    tasks: { enabled: true },
    builder: {
      image: { repository, tag },
      network: 'host',
      insecureRegistries: [registry],
      registryMirrors: [`http://${registry}`],
      daemonConfig: { bridge: 'none', iptables: false, 'oom-score-adjust': 0 },
    },
  };
  const file = join(home, 'values.json');
  await writeFile(file, JSON.stringify(values, null, 2));
  return file;
}

/** What a reader has who has a cluster: kubectl and helm, a kubeconfig, and a Docker Engine that pushes to the registry. */
async function handOver(reader: Reader, { kubectl, kubeconfig, engineSocket }: ClusterEnv, cacheDir: string) {
  const { helm } = await ensureTools(cacheDir, silentProgress);
  reader.finds(dirname(kubectl), { KUBECONFIG: kubeconfig, DOCKER_HOST: `unix://${engineSocket}` });
  reader.finds(dirname(helm));
}
