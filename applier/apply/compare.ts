import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import { type AnyObject, refOf } from '../../kube/index.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import { inBatches } from '../batches.ts';

/** An object of a release beside the one in the cluster. */
export interface ComparedObject {
  /** What is applied of it. */
  readonly wanted: AnyObject;
  /** Undefined: there is none. */
  readonly live?: AnyObject | undefined;
  /** `live` with `wanted` applied to it; undefined where `live` or the answer of the API server is missing. */
  readonly tried?: AnyObject | undefined;
  /** Why nobody knows. */
  readonly problem?: GitkubeError | undefined;
}

/** Reads each object and tries it out, as the account and the field manager of a deploy. Changes nothing. */
export async function compareLive<T>(
  deps: KubeDeps,
  objects: readonly AnyObject[],
  read: (one: ComparedObject) => T,
  work: { readonly as: string; readonly signal: AbortSignal },
): Promise<T[]> {
  return inBatches(objects, async (wanted) => read(await compareOne(deps, wanted, work)));
}

async function compareOne(
  deps: KubeDeps,
  wanted: AnyObject,
  { as, signal }: { readonly as: string; readonly signal: AbortSignal },
): Promise<ComparedObject> {
  let live: AnyObject | undefined;
  try {
    live = await retryCall(deps, () => deps.kube.getObject(refOf(wanted), { as }), signal);
    if (!live || live.metadata.deletionTimestamp) return { wanted, live };
    const { object } = await retryCall(deps, () => deps.kube.applyObject(wanted, { as, dryRun: true }), signal);
    return { wanted, live, tried: object };
  } catch (thrown) {
    const problem = asGitkubeError(thrown);
    if (problem.reason !== 'ManifestsRefused') throw thrown;
    return { wanted, live, problem };
  }
}
