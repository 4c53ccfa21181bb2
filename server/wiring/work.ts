import type { Bus } from '../../base/bus.ts';
import { GitkubeError } from '../../base/errors.ts';
import type { Kube } from '../../kube/index.ts';
import type { Remotes, StatusWriter } from '../../remote-crd/index.ts';
import type { DeployContext } from '../deploys/context.ts';
import { DeploysUnderWay } from '../deploys/deploys-under-way.ts';
import { startDriftRepair } from '../drift/start.ts';
import { startLifecycle } from '../lifecycle/start.ts';
import { finishMs, maxPushesOfNamespace } from '../limits.ts';
import { Runs } from '../runs/runs.ts';
import type { ServerEvent } from '../server-event.ts';
import { sweepRegularly } from '../sweep-regularly.ts';
import { ReleaseWatches } from '../watch/release-watches.ts';
import type { ServerOptions } from './options.ts';

export interface WorkParts {
  readonly context: DeployContext;
  readonly kube: Kube;
  readonly remotes: Remotes;
  readonly bus: Bus<ServerEvent>;
}

/** What has deploys under way, and what works on Remotes beside them. Nothing begins before `startWork`. */
export function makeWork({ config, clock, log }: ServerOptions, { context, kube, remotes, bus }: WorkParts) {
  const underWay = new DeploysUnderWay({ maxOfNamespace: maxPushesOfNamespace(config), events: bus });
  const keeping = startLifecycle({
    context,
    kube,
    remotes,
    dataFolder: config.GITKUBE_DATA,
    days: config.GITKUBE_TRASH_DAYS,
    finalizers: config.GITKUBE_NAMESPACES.length === 0,
    upkeepSeconds: config.GITKUBE_UPKEEP_SECONDS,
    drain: (id, uid) => underWay.drainRemote(id, uid, wasDeleted(id)),
  });
  const watches = new ReleaseWatches({ context, remotes, underWay, events: bus });
  const runs = new Runs({ kube, clock, log });
  return { underWay, keeping, owner: keeping.keeper, watches, runs };
}

/** Call it once pushes are taken. The stack ends all of it side by side, and waits for the deploys under way. */
export function startWork(
  { config, clock }: ServerOptions,
  { context, remotes, bus, status }: Omit<WorkParts, 'kube'> & { readonly status: StatusWriter },
  { underWay, keeping, watches, runs }: ReturnType<typeof makeWork>,
  stack: AsyncDisposableStack,
): void {
  const seconds = config.GITKUBE_RECONCILE_SECONDS;
  const background = [startDriftRepair({ context, remotes, status, events: bus, seconds }), watches, runs];
  const end = () => [underWay.stop(clock, finishMs(config)), ...background.map((one) => one[Symbol.asyncDispose]())];
  stack.defer(async () => void (await Promise.all(end())));
  watches.start();
  if (context.tasks.enabled) {
    const over = new AbortController();
    stack.defer(() => over.abort());
    void sweepRegularly(() => context.tasks.sweep(remotes.all()), clock, over.signal);
  }
  if (config.GITKUBE_RUN === 'on') runs.start(() => remotes.all());
  stack.use(keeping.start());
}

function wasDeleted(id: string): GitkubeError {
  return new GitkubeError('RemoteUnknown', `the Remote ${id} was deleted`);
}
