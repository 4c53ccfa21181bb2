import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { AnyObject } from '../../kube/kube.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import { leavesAnything } from '../fields/leaving-fields.ts';

/** What no other state of the object would make right. */
const fixed = /immutable|may not (be )?(change|update)|cannot be (change|update)|updates to/i;

/**
 * Whether an object is refused for what leaves when it is taken over: the old port without a name beside the new one, a
 * `value` beside a `valueFrom`. A dry run takes nothing over, so the object is tried out once more, as a new one beside it.
 * @param error what the API server said of it
 */
export async function isGoodAlone(
  deps: KubeDeps,
  wanted: AnyObject,
  live: AnyObject,
  error: GitkubeError,
  { as, signal, isOurs }: { readonly as: string; readonly signal: AbortSignal; readonly isOurs: boolean },
): Promise<boolean> {
  if (error.reason !== 'ManifestsRefused' || !error.message.includes(' is invalid: ') || fixed.test(error.message)) {
    return false;
  }
  const name = `${wanted.metadata.name.slice(0, 40)}-tried-out`;
  const other = { ...wanted, metadata: { ...wanted.metadata, name } };
  try {
    const { object } = await retryCall(deps, () => deps.kube.applyObject(other, { as, dryRun: true }), signal);
    return leavesAnything(live, object, isOurs);
  } catch (thrown) {
    if (asGitkubeError(thrown).reason !== 'ManifestsRefused') throw thrown;
    return false;
  }
}
