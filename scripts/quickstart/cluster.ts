import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { findLocalRig } from '../../test/cluster/local-rig.ts';
import { ensurePackages } from '../../test/cluster/packages.ts';
import { progressTo } from '../../test/cluster/progress.ts';
import { startCluster, stopCluster } from '../../test/cluster/rig.ts';
import { RigError } from '../../test/cluster/rig-error.ts';
import { defaultCacheDir } from '../../test/cluster/state.ts';
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
export async function findCluster(wanted: {
  kubeconfig: string | undefined;
  yes: boolean;
  once: boolean;
}): Promise<Cluster> {
  if (wanted.kubeconfig !== undefined) return useExisting(wanted.kubeconfig, wanted.yes);
  console.log('Starting a Docker Engine, a registry and a Kubernetes cluster');
  await ensurePackages(sshClient, defaultCacheDir(process.env), progress);
  const env = await startCluster({ stateDir: clusterFolder, owned: wanted.once, progress });
  return {
    ...env,
    engine: `unix://${env.engineSocket}`,
    confined: findLocalRig(env.stateDir) !== undefined,
    handedOver: false,
    leave: async () => {
      if (!wanted.once) return;
      await stopCluster(env.stateDir);
      await rm(stateFolder, { recursive: true, force: true });
    },
  };
}

async function useExisting(kubeconfig: string, yes: boolean): Promise<Cluster> {
  const socket = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
  const registry = process.env.GITKUBE_REGISTRY;
  if (!existsSync(kubeconfig)) throw new RigError(`the kubeconfig ${kubeconfig} does not exist`);
  if (!existsSync(socket)) {
    throw new RigError(`no Docker Engine answers at ${socket}`, { hint: ['start Docker, or set DOCKER_HOST'] });
  }
  if (!registry) {
    throw new RigError('GITKUBE_REGISTRY is not set', {
      hint: [
        'name a registry that this engine can push to and that cluster can pull from: GITKUBE_REGISTRY=host:port/path',
      ],
    });
  }
  if (!yes)
    await ask(
      `Install Gitkube into the cluster of ${kubeconfig}, with the engine at ${socket} and the registry ${registry}?`,
    );
  return {
    kubeconfig,
    kubectl: 'kubectl',
    engine: `unix://${socket}`,
    registry,
    nodeAddress: undefined,
    confined: false,
    handedOver: true,
    leave: async () => {},
  };
}

async function ask(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new RigError(`${question} There is no terminal to ask`, { hint: ['add --yes'] });
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new RigError('not used');
}
