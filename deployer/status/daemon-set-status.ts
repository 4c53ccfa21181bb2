import type { V1DaemonSet } from '../../kube/kube.ts';
import { type RolloutStatus, waiting } from './rollout-status.ts';

/**
 * How far the rollout of a DaemonSet is, by the rule of kstatus (`daemonsetConditions`). One thing is added: with the
 * strategy OnDelete nothing rolls automatically, which kstatus would wait for. No node at all is complete, too.
 */
export function daemonSetStatus({ spec, status }: V1DaemonSet): RolloutStatus {
  if (spec?.updateStrategy?.type === 'OnDelete') return { kind: 'complete' };
  if (status?.desiredNumberScheduled === undefined) return waiting('Kubernetes to choose its nodes');
  const { desiredNumberScheduled: desired, currentNumberScheduled, numberReady } = status;
  const { updatedNumberScheduled = 0, numberAvailable = 0 } = status;
  if (desired > currentNumberScheduled) return waiting('its pods to be created');
  if (desired > updatedNumberScheduled) return waiting('its pods to be replaced');
  return desired > numberAvailable || desired > numberReady ? waiting('its pods to be ready') : { kind: 'complete' };
}
