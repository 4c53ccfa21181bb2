import type { AnyObject } from '../../kube/kube.ts';
import { conditionsOf, numberAt, textAt } from '../objects/object-fields.ts';
import { current, failed, type ObjectStatus, waiting } from './status-result.ts';

/** No `progressDeadlineSeconds`: the controller sets no condition Progressing then. */
const noDeadline = 2_147_483_647;

/** The rollouts that a push waits for are judged by deployer/; this says it of the others, and in a summary. */
export function deploymentStatus(deployment: AnyObject): ObjectStatus {
  const conditions = conditionsOf(deployment);
  const progressing = conditions.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed(progressing.words);
  const { wanted, replicas, updated, ready, available } = counts(deployment);
  const lacking =
    fewer(replicas, wanted, 'created') ??
    fewer(updated, wanted, 'updated') ??
    tooMany(replicas, wanted) ??
    fewer(available, updated, 'available') ??
    fewer(ready, wanted, 'ready');
  if (lacking) return lacking;
  const deadline = numberAt(deployment, 'spec.progressDeadlineSeconds') ?? noDeadline;
  const isNew = progressing?.status === 'True' && progressing.reason === 'NewReplicaSetAvailable';
  if (deadline !== noDeadline && !isNew) return waiting('its new ReplicaSet to be available');
  const isAvailable = conditions.some(({ type, status }) => type === 'Available' && status === 'True');
  return isAvailable ? current : waiting('it to be available');
}

export function statefulSetStatus(set: AnyObject): ObjectStatus {
  if (textAt(set, 'spec.updateStrategy.type') === 'OnDelete') return current;
  const { wanted, replicas, updated, ready } = counts(set);
  const lacking = fewer(replicas, wanted, 'created') ?? fewer(ready, wanted, 'ready') ?? tooMany(replicas, wanted);
  if (lacking) return lacking;
  const partition = numberAt(set, 'spec.updateStrategy.rollingUpdate.partition');
  if (partition !== undefined) return fewer(updated, wanted - partition, 'updated') ?? current;
  const isOld = textAt(set, 'status.currentRevision') !== textAt(set, 'status.updateRevision');
  const running = fewer(numberAt(set, 'status.currentReplicas') ?? 0, wanted, 'of the current revision');
  return running ?? (isOld ? waiting('its pods to be of the new revision') : current);
}

export function daemonSetStatus(set: AnyObject): ObjectStatus {
  // Generic rules let an object pass that has no such fields; a DaemonSet gets them as soon as it is taken up.
  const isTakenUp = set.metadata.generation !== undefined && numberAt(set, 'status.observedGeneration') !== undefined;
  const wanted = numberAt(set, 'status.desiredNumberScheduled');
  if (!isTakenUp || wanted === undefined) return waiting('its controller to observe it');
  const at = (field: string) => numberAt(set, `status.${field}`) ?? 0;
  return (
    fewer(at('currentNumberScheduled'), wanted, 'created') ??
    fewer(at('updatedNumberScheduled'), wanted, 'updated') ??
    fewer(at('numberAvailable'), wanted, 'available') ??
    fewer(at('numberReady'), wanted, 'ready') ??
    current
  );
}

export function replicaSetStatus(set: AnyObject): ObjectStatus {
  const failure = conditionsOf(set).find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure) return waiting(`its pods, which cannot be created: ${failure.words}`);
  const { wanted, replicas, ready, available } = counts(set);
  const labeled = numberAt(set, 'status.fullyLabeledReplicas') ?? 0;
  return (
    fewer(labeled, wanted, 'created') ??
    fewer(available, wanted, 'available') ??
    fewer(ready, wanted, 'ready') ??
    tooMany(replicas, wanted) ??
    current
  );
}

function counts(object: AnyObject) {
  const at = (field: string) => numberAt(object, `status.${field}`) ?? 0;
  return {
    wanted: numberAt(object, 'spec.replicas') ?? 1,
    replicas: at('replicas'),
    updated: at('updatedReplicas'),
    ready: at('readyReplicas'),
    available: at('availableReplicas'),
  };
}

function fewer(there: number, wanted: number, what: string): ObjectStatus | undefined {
  return there < wanted ? waiting(`its pods: ${there} of ${wanted} ${what}`) : undefined;
}

function tooMany(there: number, wanted: number): ObjectStatus | undefined {
  return there > wanted ? waiting(`old pods to end: ${there - wanted}`) : undefined;
}
