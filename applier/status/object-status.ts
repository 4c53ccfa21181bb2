import type { AnyObject } from '../../kube/kube.ts';
import { conditionsOf, groupOf, numberAt } from '../objects/object-fields.ts';
import { type ObjectStatus, waiting } from './status-result.ts';
import { ruleOf } from './status-rules.ts';

/**
 * Whether an object does what it is for, as far as it says so itself: by the rules of kstatus (sigs.k8s.io/cli-utils,
 * pkg/kstatus/status), in their order. status-rules.ts says where Gitkube differs. `unknown` is what kstatus
 * takes for current because nothing speaks against it.
 */
export function objectStatus(object: AnyObject): ObjectStatus {
  return genericStatus(object) ?? ruleOf(object)?.(object) ?? readyStatus(object) ?? withoutRule(object);
}

/** What holds for every kind, and decides before the rules of its own. */
function genericStatus(object: AnyObject): ObjectStatus | undefined {
  const { deletionTimestamp, generation } = object.metadata;
  if (deletionTimestamp !== undefined) return { kind: 'terminating', why: 'it is being deleted' };
  const observed = numberAt(object, 'status.observedGeneration');
  if (typeof generation === 'number' && observed !== undefined && observed !== generation) {
    return waiting('its controller to observe the change');
  }
  for (const { type, status, words } of conditionsOf(object)) {
    if (type === 'Reconciling' && status === 'True') return waiting(words);
    if (type === 'Stalled' && status === 'True') return { kind: 'failed', why: words };
  }
  return undefined;
}

function readyStatus(object: AnyObject): ObjectStatus | undefined {
  const ready = conditionsOf(object).find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return { kind: 'current' };
  return ready?.status === 'False' || ready?.status === 'Unknown' ? waiting(ready.words) : undefined;
}

function withoutRule(object: AnyObject): ObjectStatus {
  if (isBuiltIn(object) || numberAt(object, 'status.observedGeneration') !== undefined) return { kind: 'current' };
  return { kind: 'unknown' };
}

/** The groups that every API server has. What is not among them is a custom resource, and says what it wants. */
const builtInGroups = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

export function isBuiltIn(object: AnyObject): boolean {
  return builtInGroups.has(groupOf(object));
}
