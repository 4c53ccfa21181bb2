import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Kube } from '../kube/kube.ts';
import { PatientKube } from './patient-kube.ts';

/** What every step of a deploy is given. */
export interface Environment {
  readonly kube: Kube;
  readonly patient: PatientKube;
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
  /** Unset: 3000, three looks of the kubelet at its containers. 0 believes at once. */
  readonly settleMs?: number;
  /** Aborts when the server has to end; unset: never. What was not waited for is a RestoreUnfinished. */
  readonly stopWaiting?: AbortSignal;
}

const never = new AbortController().signal;

export function makeEnvironment(options: DeployerOptions): Environment {
  const { kube, clock, log, settleMs = 3000, stopWaiting = never } = options;
  return { kube, clock, log, settleMs, stopWaiting, patient: new PatientKube(kube, clock, log) };
}

/** The same, with calls that give up as soon as the signal aborts. */
export function under(env: Environment, signal: AbortSignal): Environment {
  return { ...env, patient: new PatientKube(env.kube, env.clock, env.log, signal) };
}
