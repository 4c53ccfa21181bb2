import type { Kube } from '../../kube/index.ts';
import { EventRecorder, type Remotes, StatusWriter } from '../../remote-crd/index.ts';
import type { PublicAddress } from '../address/public-address.ts';
import { DeployReporter } from '../deploy-reporter.ts';
import { tellRefusals } from '../leases/tell-refusals.ts';
import { lastWordsMs } from '../limits.ts';
import type { ServerOptions } from './options.ts';

export interface ReportParts {
  readonly kube: Kube;
  readonly remotes: Remotes;
  readonly address: PublicAddress;
  /** Of this server among those of the cluster. */
  readonly name: string;
}

/** What tells operators of pushes: the status of each Remote, and Events. */
export function startReports(
  { config, clock, log }: ServerOptions,
  { kube, remotes, address, name }: ReportParts,
  stack: AsyncDisposableStack,
) {
  const events = new EventRecorder({ kube, clock, log });
  const status = new StatusWriter({
    kube,
    remotes,
    clock,
    log,
    remoteUrl: (remote) => address.of(remote),
    hasDefaultRegistry: config.GITKUBE_REGISTRY !== undefined,
  });
  stack.defer(async () => {
    const over = AbortSignal.timeout(lastWordsMs(config));
    await Promise.all([status.end(over), events.flush(over)]);
  });
  stack.defer(tellRefusals({ remotes, events, name, log }));
  return { status, announcer: new DeployReporter(status, events, remotes) };
}
