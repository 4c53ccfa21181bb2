import type { AnyObject } from '../../kube/kube.ts';
import type { AppliedObject } from '../apply/apply.ts';
import { isJob } from '../apply/replace.ts';
import { conditionsOf, groupOf, isPod, listAt, numberAt, textAt } from '../objects/object-fields.ts';
import { isBuiltIn, objectStatus } from '../status/object-status.ts';
import { current, type ObjectStatus, waiting } from '../status/status-result.ts';
import { crashingContainers } from '../status/status-rules.ts';
import type { ClaimEvents } from './claim-events.ts';
import type { SeenObject } from './objects-view.ts';

/** What is known of an object that was applied. */
export interface Sight {
  /** Undefined: nobody has looked since. */
  readonly seen?: SeenObject | undefined;
  /** Undefined: no claim is waited for. */
  readonly claims?: Pick<ClaimEvents, 'waitsForPod' | 'words'> | undefined;
}

/** `gone` is a failure as well: somebody has deleted what was applied. */
export type Verdict = ObjectStatus | { readonly kind: 'gone'; readonly why: string };

type Judged = Pick<AppliedObject, 'after'> & Partial<Pick<AppliedObject, 'specChanged'>>;

/** Whether an object that was applied works, from what is known and nothing else. */
export function judge({ after, specChanged = false }: Judged, { seen, claims }: Sight): Verdict {
  const object = seen?.object ?? after;
  const status = hasEnded(object) ? objectStatus(asItEnded(object)) : objectStatus(object);
  if (seen?.gone || object.metadata.uid !== after.metadata.uid) return afterEnd(object, after, status);
  if (specChanged && isPod(object) && isHeldBack(object, after)) return waiting('it to become ready');
  const isClaim = object.kind === 'PersistentVolumeClaim' && groupOf(object) === '';
  return status.kind === 'waiting' && isClaim && claims ? claimVerdict(object, status, claims) : status;
}

/** For the pusher. */
export function wordsOf(verdict: Verdict): string {
  if (verdict.kind === 'waiting') return `waiting for ${verdict.why}`;
  return 'why' in verdict ? verdict.why : verdict.kind;
}

export function isFine({ kind }: Verdict): boolean {
  return kind === 'current' || kind === 'unknown';
}

/** Waiting does not help. */
export function isOver({ kind }: Verdict): boolean {
  return kind === 'failed' || kind === 'gone' || kind === 'terminating';
}

/** Whether an object that was just changed is believed only after a while: its status does not say which generation it is of. */
export function needsTime(object: AnyObject): boolean {
  // Without a probe a pod is ready the instant that it runs, and one that exits half a second later would count.
  if (isPod(object)) return textAt(object, 'status.phase') !== 'Succeeded';
  if (isBuiltIn(object)) return ['ReplicaSet', 'ReplicationController'].includes(object.kind);
  return numberAt(object, 'status.observedGeneration') === undefined;
}

/** A Job or a pod: its result stays valid after it is deleted (`ttlSecondsAfterFinished`). */
function hasEnded(object: AnyObject): boolean {
  if (isPod(object)) return ['Succeeded', 'Failed'].includes(textAt(object, 'status.phase') ?? '');
  const ends = (type: string) => type === 'Complete' || type === 'Failed';
  return isJob(object) && conditionsOf(object).some(({ type, status }) => ends(type) && status === 'True');
}

function asItEnded(object: AnyObject): AnyObject {
  const { deletionTimestamp: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** A Job may be gone because it is done, although nobody saw it end. */
function afterEnd(object: AnyObject, after: AnyObject, status: ObjectStatus): Verdict {
  if (object.metadata.uid !== after.metadata.uid)
    return { kind: 'gone', why: 'somebody deleted it and created another one' };
  if (hasEnded(object)) return status;
  if (isJob(object) && numberAt(after, 'spec.ttlSecondsAfterFinished') !== undefined) return { kind: 'unknown' };
  return { kind: 'gone', why: 'somebody deleted it' };
}

/**
 * A container whose image is changed is killed, and the kubelet delays its successor as after a crash where the pod ran that
 * image before. A crash is the end of a container that was started since.
 */
function isHeldBack(pod: AnyObject, after: AnyObject): boolean {
  const before = listAt(after, 'status.containerStatuses').map((one) => textAt(one, 'containerID'));
  const crashing = crashingContainers(pod).map((one) => textAt(one, 'lastState.terminated.containerID'));
  return crashing.length > 0 && crashing.every((id) => id !== undefined && before.includes(id));
}

/** A claim whose volume is made with its first pod has nothing to wait for: the pods that mount it are waited for. */
function claimVerdict(claim: AnyObject, status: ObjectStatus, claims: NonNullable<Sight['claims']>): ObjectStatus {
  const { uid } = claim.metadata;
  if (textAt(claim, 'status.phase') === 'Pending' && claims.waitsForPod(uid)) return current;
  const words = claims.words(uid);
  return words === undefined ? status : waiting(`a volume: ${words}`);
}
