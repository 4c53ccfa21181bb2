import { hostname } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Kube } from '../../kube/kube.ts';
import type { Config } from '../config.ts';
import { returnMs } from '../limits.ts';
import { NamespaceLeases } from './namespace-leases.ts';
import { serverNameOf } from './server-name.ts';

export interface LeaseParts {
  readonly config: Config;
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Begins to see the Leases of namespaces. @param stack ends it */
export async function startLeases(
  { config, kube, clock, log }: LeaseParts,
  stack: AsyncDisposableStack,
): Promise<NamespaceLeases> {
  const name = config.GITKUBE_SERVER_NAME ?? (await serverNameOf(config.GITKUBE_DATA));
  const holder = { name, host: hostname() };
  const leases = new NamespaceLeases({ kube, namespaces: config.GITKUBE_NAMESPACES, holder, clock, log });
  leases.start();
  // Who was given a name comes back for its namespaces: no other server shall take them while it starts again.
  const release = config.GITKUBE_SERVER_NAME === undefined;
  stack.defer(() => leases.end(release, AbortSignal.timeout(returnMs(config))));
  return leases;
}
