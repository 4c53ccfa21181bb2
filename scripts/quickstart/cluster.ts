import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { engineAnswers, machineEngine } from '../../test/cluster/engine-api.ts';
import { findLocalRig } from '../../test/cluster/local-rig.ts';
import { ensurePackages, findProgram } from '../../test/cluster/packages.ts';
import { progressTo } from '../../test/cluster/progress.ts';
import { startCluster, stopCluster } from '../../test/cluster/rig.ts';
import { RigError } from '../../test/cluster/rig-error.ts';
import { defaultCacheDir } from '../../test/cluster/state.ts';
import { ensureTools } from '../../test/cluster/tools.ts';
import type { Arguments } from './arguments.ts';
import { quiet } from './shell.ts';

/** What the quickstart works with. */
export interface Cluster {
  readonly kubeconfig: string;
  readonly kubectl: string;
  /** `unix:///…` */
  readonly engine: string;
  readonly registry: string;
  /** Where node ports answer; undefined: unknown, the page is fetched through the API server. */
  readonly nodeAddress: string | undefined;
  /** It is made of this machine's packages: what a pod may do there is limited by what this machine may. */
  readonly confined: boolean;
  /** True: it was there before and stays. */
  readonly handedOver: boolean;
  /** A file with values for the chart that the user adds. */
  readonly values: string | undefined;
  /** Ends what only this run needs. */
  leave(): Promise<void>;
}

/** Has to succeed; resolves with what it printed. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

export function kubectlOf({ kubectl, kubeconfig }: Cluster): Kubectl {
  return (args, input) => quiet(kubectl, ['--kubeconfig', kubeconfig, ...args], input);
}

export const stateFolder = join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'gitkube/quickstart');
export const clusterFolder = join(stateFolder, 'cluster');

export const progress = progressTo((line) => console.log(line));
const sshClient = [{ package: 'openssh-client', file: 'ssh' }];

/** The cluster that was asked for, or one made for the occasion. */
export async function findCluster(wanted: Arguments): Promise<Cluster> {
  const { kubeconfig, values } = wanted;
  if (kubeconfig !== undefined) return useExisting({ ...wanted, kubeconfig: resolve(kubeconfig) });
  console.log('Starting a Docker Engine, a registry and a Kubernetes cluster');
  await ensurePackages(sshClient, defaultCacheDir(process.env), progress);
  const env = await startCluster({ stateDir: clusterFolder, owned: wanted.once, progress });
  return {
    ...env,
    engine: `unix://${env.engineSocket}`,
    confined: findLocalRig(env.stateDir) !== undefined,
    handedOver: false,
    values: values === undefined ? undefined : resolve(values),
    leave: async () => {
      if (!wanted.once) return;
      await stopCluster(env.stateDir);
      await rm(stateFolder, { recursive: true, force: true });
    },
  };
}

async function useExisting({ kubeconfig, values, yes }: Arguments & { kubeconfig: string }): Promise<Cluster> {
  const kubectl = findProgram('kubectl') ?? (await ensureTools(defaultCacheDir(process.env), progress)).kubectl;
  const address = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  const engine = machineEngine({ DOCKER_HOST: address });
  if (engine === undefined || !(await engineAnswers(engine).catch(() => false))) {
    throw new RigError(`no Docker Engine answers at ${address}`, {
      hint: ["it builds Gitkube's images: start Docker, or name its socket, DOCKER_HOST=unix:///path"],
    });
  }
  const registry = process.env.GITKUBE_REGISTRY;
  if (!registry) {
    throw new RigError('GITKUBE_REGISTRY is not set', {
      hint: [
        'name a registry that this Docker Engine pushes to and the cluster pulls from: GITKUBE_REGISTRY=host:port/path',
      ],
    });
  }
  const server = (
    await quiet(kubectl, [
      '--kubeconfig',
      kubeconfig,
      'config',
      'view',
      '--minify',
      '-o',
      'jsonpath={.clusters[0].cluster.server}',
    ])
  ).trim();
  if (!yes) await ask(`Install Gitkube into the cluster at ${server}, with images in ${registry}?`);
  return {
    kubeconfig,
    kubectl,
    engine: `unix://${engine}`,
    registry,
    nodeAddress: undefined,
    confined: false,
    handedOver: true,
    values: values === undefined ? undefined : resolve(values),
    leave: async () => {},
  };
}

async function ask(question: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new RigError('there is no terminal to ask whether that cluster may be used', { hint: ['add --yes'] });
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new RigError('the answer was not yes: nothing was changed');
}
