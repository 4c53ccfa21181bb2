import type { Emitter } from '../../base/bus.ts';
import type { Remotes, StatusWriter } from '../../remote-crd/index.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { DriftEvent } from './finding.ts';
import { Reconciler } from './reconciler.ts';

export interface ReconcileParts {
  readonly context: DeployContext;
  readonly remotes: Remotes;
  readonly status: StatusWriter;
  readonly events: Emitter<DriftEvent>;
  /** Between two checks of one Remote; 0: drift is not checked. */
  readonly seconds: number;
}

/** Starts the drift checks; the result ends them, and is to be ended before anything that a repair needs. */
export function startDriftRepair({ context, remotes, status, events, seconds }: ReconcileParts): AsyncDisposable {
  const { repositories, deployer, applier, env, tasks, queue, clock, log } = context;
  const intervalMs = seconds * 1000;
  const parts = { remotes, repositories, deployer, applier, env, tasks, queue, clock, log };
  const reconciler = new Reconciler({ ...parts, events, intervalMs });
  if (seconds === 0) {
    for (const { id } of remotes.entries()) status.setInSync(id, 'unreported');
    return reconciler;
  }
  queue.onPushed((environment) => reconciler.enqueue(environment));
  reconciler.start();
  return reconciler;
}
