import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { defaultSettleMs } from '../base/settle.ts';
import type { Kube } from '../kube/kube.ts';
import { RetryingKube } from '../kube/retrying-kube.ts';

/** What every step of a deploy is given. */
export interface DeployerDeps {
  readonly kube: Kube;
  readonly retryingKube: RetryingKube;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a container without any probe has to keep running until it is believed, in milliseconds. */
  readonly settleMs: number;
  /** Its abort ends every wait for restored workloads, not the restoring. */
  readonly stopWaiting: AbortSignal;
}

export interface DeployerOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  /** Unset: `defaultSettleMs`. 0 believes at once. */
  readonly settleMs?: number;
  /** Aborts when the server has to end; unset: never. What was not waited for is a RestoreUnfinished. */
  readonly stopWaiting?: AbortSignal;
}

const never = new AbortController().signal;

export function makeDeps(options: DeployerOptions): DeployerDeps {
  const { kube, clock, log, settleMs = defaultSettleMs, stopWaiting = never } = options;
  return { kube, clock, log, settleMs, stopWaiting, retryingKube: new RetryingKube({ kube, clock, log }) };
}

/** The same, with calls that give up as soon as the signal aborts. */
export function withSignal(deps: DeployerDeps, signal: AbortSignal): DeployerDeps {
  return { ...deps, retryingKube: new RetryingKube(deps, signal) };
}
