import { type ComparedObject, type FieldOwner, ownersAt, type Step } from '../../applier/index.ts';
import { plain } from '../../base/text.ts';
import { type AnyObject, refOf } from '../../kube/index.ts';
import { isSecret } from './normalize.ts';
import { diffObjects, type Explain, type ObjectDiff, stateOf } from './object-diff.ts';
import type { Path } from './path.ts';
import type { Change } from './trees.ts';

/** What has to be known to judge a change: which Remotes deploy the image of a container, and what is secret. */
export interface Judging {
  readonly isOurs: (workload: AnyObject, container: string) => boolean;
  /** Another Remote of the namespace. */
  readonly otherOf: (workload: AnyObject, container: string) => string | undefined;
  /** Texts that are shown nowhere. */
  readonly secrets: readonly string[];
}

/** An object of the last release beside the one in the cluster. Only what a deploy manages can differ. */
export function liveChanges({ wanted, live, tried, problem }: ComparedObject, judging: Judging): ObjectDiff {
  const ref = refOf(wanted);
  // Of a Secret the words of the API server may quote a value.
  if (problem) return stateOf(ref, 'unknown', isSecret(wanted) ? 'it is refused' : plain(problem.message, 500));
  if (!live) return stateOf(ref, cleansUp(wanted) ? 'same' : 'missing');
  if (!tried) return stateOf(ref, 'deleting');
  return diffObjects(tried, live, judging.secrets, explainIn(live, judging));
}

/** A Job that has ended and deletes itself is as it was meant to be. */
function cleansUp({ kind, spec }: AnyObject): boolean {
  return kind === 'Job' && (spec as { ttlSecondsAfterFinished?: unknown } | undefined)?.ttlSecondsAfterFinished != null;
}

/** Says who has made a change in the cluster, and what of it is left alone by each deploy. */
export function explainIn(live: AnyObject, judging: Judging): Explain {
  return (change) => {
    const owners = change.to === undefined ? [] : ownersAt(live, change.path.map(asStep));
    const owner = owners.find(({ isApplied }) => !isApplied);
    const container = containerOf(change.path);
    const other = container === undefined ? undefined : judging.otherOf(live, container);
    const note = noteOf(change, owners, { other, isOurs: container !== undefined && judging.isOurs(live, container) });
    const by = owner && (other && owner.manager === 'gitkube' ? `gitkube for ${other}` : plain(owner.manager, 100));
    return {
      ...(by !== undefined && { by }),
      ...(owner?.at !== undefined && { at: owner.at }),
      ...(note !== undefined && { note }),
    };
  };
}

/** Why a deploy would leave it as it is. */
function noteOf(
  { path }: Change,
  owners: readonly FieldOwner[],
  { isOurs, other }: { readonly isOurs: boolean; readonly other: string | undefined },
): string | undefined {
  const isCount = path.length === 2 && isField(path[0], 'spec') && isField(path[1], 'replicas');
  if (isOurs || (!isCount && containerOf(path) === undefined)) return undefined;
  // A count or an image that somebody else had set before the last deploy is part of it.
  if (owners.some(({ isApplied }) => isApplied)) return 'left as it was by the last deploy';
  const isScaled = owners.some(({ manager, subresource }) => subresource === 'scale' && isController(manager));
  if (isCount) return isScaled ? 'set by an autoscaler, left alone' : undefined;
  return other && `deployed by the Remote ${other}`;
}

/** The name under which the controllers of Kubernetes work, the one of autoscalers among them. */
function isController(manager: string): boolean {
  return manager === 'kube-controller-manager';
}

/** The container whose image is at a path. */
function containerOf(path: Path): string | undefined {
  const [list, item, field] = path.slice(-3);
  const isList = isField(list, 'containers') || isField(list, 'initContainers');
  return isList && item && 'label' in item && isField(field, 'image') ? item.label : undefined;
}

function isField(step: Path[number] | undefined, name: string): boolean {
  return step !== undefined && 'field' in step && step.field === name;
}

function asStep(step: Path[number]): Step {
  return 'field' in step ? step : { index: step.index, item: step.item };
}
