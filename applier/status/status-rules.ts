import { count } from '../../base/text.ts';
import type { AnyObject } from '../../kube/kube.ts';
import { conditionsOf, fieldAt, groupOf, listAt, numberAt, textAt } from '../objects/object-fields.ts';
import { current, failed, type ObjectStatus, waiting } from './status-result.ts';
import { daemonSetStatus, deploymentStatus, replicaSetStatus, statefulSetStatus } from './status-workloads.ts';

type Rule = (object: AnyObject) => ObjectStatus;

/** By group and kind. */
const rules: Readonly<Record<string, Rule>> = {
  ' ConfigMap': () => current,
  ' PersistentVolumeClaim': claimStatus,
  ' Pod': podStatus,
  ' ReplicationController': replicaSetStatus,
  ' Secret': () => current,
  ' Service': serviceStatus,
  'apiextensions.k8s.io CustomResourceDefinition': definitionStatus,
  'apps DaemonSet': daemonSetStatus,
  'apps Deployment': deploymentStatus,
  'apps ReplicaSet': replicaSetStatus,
  'apps StatefulSet': statefulSetStatus,
  'batch CronJob': () => current,
  'batch Job': jobStatus,
  'policy PodDisruptionBudget': () => current,
};

export function ruleOf(object: AnyObject): Rule | undefined {
  return rules[`${groupOf(object)} ${object.kind}`];
}

/** kstatus takes a Job that runs for current. Here it has to complete, as with Flux and `helm --wait-for-jobs`. */
function jobStatus(job: AnyObject): ObjectStatus {
  const suspended = fieldAt(job, 'spec.suspend') === true;
  for (const { type, status, reason, words } of conditionsOf(job)) {
    if (status !== 'True') continue;
    if (type === 'Complete') return current;
    if (type === 'Failed') return failed(reason === words ? reason : `${words} (${reason})`);
    if (type === 'Suspended' && suspended) return { kind: 'current', words: 'suspended, not waited for' };
  }
  if (suspended) return waiting('it to be suspended');
  if (!fieldAt(job, 'status.startTime')) return waiting('it to start');
  const paused = numberAt(job, 'spec.parallelism') === 0;
  const [active, failures] = [numberAt(job, 'status.active') ?? 0, numberAt(job, 'status.failed') ?? 0];
  if (paused && active > 0) return waiting(`its pods to end, ${count(active, 'pod')} active`);
  if (paused) return { kind: 'current', words: 'its parallelism is 0, not waited for' };
  const completions = numberAt(job, 'spec.completions') ?? 1;
  const done = completions > 1 ? `, ${numberAt(job, 'status.succeeded') ?? 0} of ${completions} succeeded` : '';
  const tried = failures > 0 ? `, ${count(failures, 'pod')} failed` : '';
  return waiting(`it to complete${active > 0 ? `, ${count(active, 'pod')} active` : ''}${done}${tried}`);
}

/** kstatus takes a pod that has failed for current, because it will not change any more. It is no success. */
function podStatus(pod: AnyObject): ObjectStatus {
  const phase = textAt(pod, 'status.phase') ?? '';
  if (phase === 'Succeeded') return current;
  if (phase === 'Failed') return failed(textAt(pod, 'status.message') ?? 'its containers have ended with an error');
  if (phase === 'Running') {
    if (conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True')) return current;
    const crashing = crashingContainers(pod);
    if (crashing.length === 0) return waiting('it to become ready');
    return failed(`container ${crashing.map((one) => textAt(one, 'name')).join(', ')} keeps crashing`);
  }
  return pendingStatus(pod);
}

export function crashingContainers(pod: AnyObject): readonly unknown[] {
  return listAt(pod, 'status.containerStatuses').filter(
    (one) => textAt(one, 'state.waiting.reason') === 'CrashLoopBackOff',
  );
}

/** kstatus takes a pod for failed that finds no node for 15 s. A node may be on its way for minutes. */
function pendingStatus(pod: AnyObject): ObjectStatus {
  const scheduled = conditionsOf(pod).find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return scheduled?.reason === 'Unschedulable' ? waiting(`a node: ${scheduled.words}`) : waiting('it to start');
}

function claimStatus(claim: AnyObject): ObjectStatus {
  const phase = textAt(claim, 'status.phase') ?? 'unknown';
  return phase === 'Bound' ? current : waiting(`a volume: its phase is ${phase}`);
}

function serviceStatus(service: AnyObject): ObjectStatus {
  const waits = textAt(service, 'spec.type') === 'LoadBalancer' && !textAt(service, 'spec.clusterIP');
  return waits ? waiting('its cluster IP') : current;
}

function definitionStatus(definition: AnyObject): ObjectStatus {
  for (const { type, status, reason, words } of conditionsOf(definition)) {
    if (type === 'NamesAccepted' && status === 'False') return failed(words);
    if (type !== 'Established') continue;
    if (status === 'True') return current;
    if (status === 'False' && reason !== 'Installing') return failed(words);
  }
  return waiting('it to be established');
}
