/** The wiring: every part is made here, handed its parts, and ended in the reverse order. Nothing else constructs. */
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Builder, createEngine, createRegistryClient } from '../builder/index.ts';
import { Deployer } from '../deployer/index.ts';
import { createKube } from '../kube/index.ts';
import { EventRecorder, Remotes, StatusWriter } from '../remote-crd/index.ts';
import { Announcer } from './announcer.ts';
import { Backend } from './backend.ts';
import type { Config } from './config.ts';
import { Repositories } from './git/repositories.ts';
import { hooksFolder } from './hooks-folder.ts';
import type { PushContext } from './pushes/context.ts';
import { PushQueue } from './pushes/queue.ts';
import { recover } from './recover.ts';
import { remoteUrl } from './remote-url.ts';
import { loadHostKey } from './ssh/host-key.ts';
import { nativeCryptoLoaded } from './ssh/native-crypto.ts';
import { SshServer } from './ssh/server.ts';

export interface RunningServer extends AsyncDisposable {
  readonly sshPort: number;
}

export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  /** The folder that holds `hooks/`. */
  readonly root: string;
  /** Ends a start that waits for the cluster. */
  readonly signal: AbortSignal;
}

/** Starts everything and resolves when the first push can be taken. */
export async function startServer({ config, log, clock, root, signal }: ServerOptions): Promise<RunningServer> {
  const stop = new AbortController();
  const hooks = await hooksFolder(root);
  const hostKey = await loadHostKey(join(config.GITKUBE_DATA, 'ssh_host_ed25519_key'));
  const kube = createKube({ kubeconfig: config.GITKUBE_KUBECONFIG, log, clock });
  const remotes = new Remotes({ kube, log });
  const repositories = new Repositories(config.GITKUBE_DATA);
  const deployer = new Deployer({ kube, clock, log });
  const builder = new Builder({
    engine: createEngine({ host: config.GITKUBE_ENGINE, log }),
    registry: createRegistryClient({ insecureRegistries: config.GITKUBE_INSECURE_REGISTRIES, clock, log }),
    clock,
    log,
    limits: {
      concurrentBuilds: config.GITKUBE_MAX_BUILDS,
      maxContextBytes: config.GITKUBE_MAX_CONTEXT_BYTES,
      buildTimeoutMs: config.GITKUBE_BUILD_TIMEOUT_SECONDS * 1000,
    },
  });

  await remotes.start(AbortSignal.any([signal, stop.signal]));
  await recover({ repositories, deployer, clock, log });

  return { sshPort: 0, [Symbol.asyncDispose]: async () => stop.abort() };
}
