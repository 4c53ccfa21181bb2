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
  /** Between two looks at one Remote; 0: nobody looks. */
  readonly seconds: number;
}

/** Begins to look for drift; what is returned ends it, and is ended before anything that a repair needs. */
export function startDriftRepair({ context, remotes, status, events, seconds }: ReconcileParts): AsyncDisposable {
  const { repositories, deployer, applier, queue, clock, log } = context;
  const intervalMs = seconds * 1000;
  const parts = { remotes, repositories, deployer, applier, queue, clock, log };
  const reconciler = new Reconciler({ ...parts, events, intervalMs });
  if (seconds === 0) {
    for (const { id } of remotes.entries()) status.setInSync(id, 'unreported');
    return reconciler;
  }
  queue.onPushed(({ uid }) => reconciler.enqueue(uid));
  reconciler.start();
  return reconciler;
}
