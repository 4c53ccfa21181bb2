import { join } from 'node:path';
import { Applier } from '../../applier/index.ts';
import { GitkubeError } from '../../base/errors.ts';
import {
  Builder,
  createEngine,
  createRegistryClient,
  type ProvenanceOptions,
  readCertificates,
  Signer,
} from '../../builder/index.ts';
import { createKube, type Kube } from '../../kube/index.ts';
import type { Config } from '../config.ts';
import { EnvStore } from '../env/env-store.ts';
import { startRegistryProxy } from '../registry-proxy.ts';
import { Tasks, type TasksParts } from '../tasks/tasks.ts';
import type { ServerOptions } from './options.ts';

/** The API of the cluster. */
export function makeKube({ config, clock, log }: ServerOptions, stack: AsyncDisposableStack): Kube {
  const kube = createKube({
    kubeconfig: config.GITKUBE_KUBECONFIG,
    context: config.GITKUBE_KUBE_CONTEXT,
    log,
    clock,
  });
  // A call that is still waiting for its answer would keep the process.
  stack.defer(() => kube.close());
  return kube;
}

/** What renders and applies manifests. */
export function makeApplier({ config, clock, log }: ServerOptions, kube: Kube): Applier {
  const tools = { helm: config.GITKUBE_HELM, kubectl: config.GITKUBE_KUBECTL };
  return new Applier({ kube, clock, log, tools, scratch: join(config.GITKUBE_DATA, 'manifests') });
}

/** What changes the env of Remotes. */
export function makeEnvStore({ config, clock, log }: ServerOptions, kube: Kube): EnvStore {
  const hostKey = config.GITKUBE_HOST_KEY_SECRET;
  return new EnvStore({ kube, enabled: config.GITKUBE_ENV === 'on', hostKey, clock, log });
}

/** What runs the tasks of deploys. */
export function makeTasks(
  { config, clock, log }: ServerOptions,
  kube: Kube,
  parts: Pick<TasksParts, 'repositories' | 'events' | 'stopWaiting'>,
): Tasks {
  return new Tasks({ ...parts, kube, enabled: config.GITKUBE_TASKS === 'on', clock, log });
}

/** What makes images: an engine and registries. */
/** @param name of this server in the cluster */
export async function makeBuilder({ config, clock, log, version }: ServerOptions, name: string): Promise<Builder> {
  const folder = config.GITKUBE_ENGINE_CERTIFICATES;
  return new Builder({
    engine: createEngine({
      host: config.GITKUBE_ENGINE,
      ...(folder === undefined ? {} : { tls: await readCertificates(folder) }),
      ...(config.GITKUBE_BUILD_NETWORK === undefined ? {} : { network: config.GITKUBE_BUILD_NETWORK }),
      log,
    }),
    registry: createRegistryClient({
      insecureRegistries: config.GITKUBE_INSECURE_REGISTRIES,
      defaultRegistry: config.GITKUBE_REGISTRY,
      clock,
      log,
    }),
    provenance: await provenanceOf(config, { id: `https://gitkube.sh/servers/${name}`, version }),
    lfs: { insecureHosts: config.GITKUBE_INSECURE_REGISTRIES },
    submoduleHosts: config.GITKUBE_SUBMODULE_HOSTS,
    maxKeptBytes: config.GITKUBE_MAX_REPOSITORY_BYTES,
    clock,
    log,
    limits: {
      concurrentBuilds: config.GITKUBE_MAX_BUILDS,
      maxContextBytes: config.GITKUBE_MAX_CONTEXT_BYTES,
      buildTimeoutMs: config.GITKUBE_BUILD_TIMEOUT_SECONDS * 1000,
      pushTimeoutMs: config.GITKUBE_IMAGE_PUSH_TIMEOUT_SECONDS * 1000,
      silenceMs: config.GITKUBE_ENGINE_SILENCE_SECONDS * 1000,
      pushStallMs: config.GITKUBE_IMAGE_PUSH_STALL_SECONDS * 1000,
    },
  });
}

/** @throws ConfigInvalid */
async function provenanceOf(
  { GITKUBE_PROVENANCE: isOn, GITKUBE_SIGNING_KEY: key }: Config,
  builder: ProvenanceOptions['builder'],
): Promise<ProvenanceOptions | undefined> {
  if (isOn === 'off' && key !== undefined) {
    throw new GitkubeError('ConfigInvalid', 'GITKUBE_SIGNING_KEY has nothing to sign with GITKUBE_PROVENANCE=off', {
      hint: 'unset one of them',
    });
  }
  if (isOn === 'off') return undefined;
  return key === undefined ? { builder } : { builder, signer: await Signer.open(key) };
}

/** Makes the registry reachable here by the name that the nodes have for it. */
export async function forwardedRegistry({ config, log }: ServerOptions, stack: AsyncDisposableStack): Promise<void> {
  const target = config.GITKUBE_REGISTRY_FORWARD;
  if (target !== undefined) stack.use(await startRegistryProxy({ name: config.GITKUBE_REGISTRY ?? '', target, log }));
}
