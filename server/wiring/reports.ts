import { Bus } from '../../base/bus.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { Kube } from '../../kube/index.ts';
import { EventRecorder, type Remotes, StatusWriter } from '../../remote-crd/index.ts';
import { Audit } from '../access/audit.ts';
import type { PublicAddress } from '../address/public-address.ts';
import { DeployReporter } from '../deploy-reporter.ts';
import type { DeployContext } from '../deploys/context.ts';
import { DeployRecorder } from '../deploys/records/recorder.ts';
import { DeployRecords } from '../deploys/records/records.ts';
import type { Repositories } from '../git/repositories.ts';
import { reportRefusals } from '../leases/report-refusals.ts';
import { lastWordsMs } from '../limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ServerEvent } from '../server-event.ts';
import { TaskReporter } from '../tasks/task-reporter.ts';
import type { ServerOptions } from './options.ts';

export interface ReportParts {
  readonly kube: Kube;
  readonly remotes: Remotes;
  readonly repositories: Repositories;
  readonly address: PublicAddress;
  /** Undefined: nobody asks for them. */
  readonly metrics: Metrics | undefined;
  /** Of this server among those of the cluster. */
  readonly name: string;
}

/** The bus, and who subscribes to it: the status of each Remote, its Events, the records of deploys, and the metrics. */
export function startReports(
  { config, clock, log }: ServerOptions,
  { kube, remotes, repositories, address, metrics, name }: ReportParts,
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
  const afterwards = new Set<Promise<void>>();
  const onceReported: DeployContext['onceReported'] = (id, work) => {
    const done = status.written(id).then((isWritten) => (isWritten ? work() : undefined));
    const over = done.finally(() => {
      afterwards.delete(over);
    });
    afterwards.add(over);
  };
  stack.defer(async () => {
    const over = AbortSignal.timeout(lastWordsMs(config));
    // A disk that does not answer holds up no end of the server.
    const kept = untilAborted(recorder.flush(), over).catch(() => {});
    await Promise.all([status.end(over), events.flush(over), kept]);
    await Promise.all(afterwards);
  });
  stack.defer(reportRefusals({ remotes, events, name, log }));
  const bus = new Bus<ServerEvent>(log);
  const reporter = new DeployReporter(status, events, remotes, config.GITKUBE_RECONCILE_SECONDS > 0);
  reporter.subscribe(bus);
  new TaskReporter(status, events, remotes).subscribe(bus);
  const recorder = new DeployRecorder({ repositories, clock, log });
  recorder.subscribe(bus);
  metrics?.subscribe(bus);
  const audit = new Audit({ events, clock, log });
  return { bus, audit, events, status, reporter, records: new DeployRecords(recorder), onceReported };
}
