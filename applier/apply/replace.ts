import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type AnyObject, refOf } from '../../kube/index.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import { groupOf } from '../objects/object-fields.ts';
import { nameOf } from '../objects/objects.ts';

/**
 * A Job is a run, and what it runs cannot be changed. Another one takes its place, as with Helm's hooks
 * (`before-hook-creation`). Everything else that cannot be changed is state, and for its owner to delete.
 */
export function isReplaced(object: AnyObject, error: GitkubeError): boolean {
  if (!isJob(object) || error.reason !== 'ManifestsRefused') return false;
  const [, causes] = / is invalid: \[?(.*?)\]?$/s.exec(error.message) ?? [];
  return causes?.split(/, (?=spec\.|metadata\.)/).every((cause) => cause.endsWith('field is immutable')) ?? false;
}

export function isJob(object: Pick<AnyObject, 'apiVersion' | 'kind'>): boolean {
  return object.kind === 'Job' && groupOf(object) === 'batch';
}

/** About two minutes: a pod that still runs has 30 s to end, unless it says otherwise. */
const goneTries = 120;

/** Deletes a Job with its pods, and creates the new one when nothing of it is left: two of them never run at once. */
export async function replace(
  deps: KubeDeps,
  object: AnyObject,
  uid: string,
  as: string,
  signal: AbortSignal,
): Promise<AnyObject> {
  const ref = refOf(object);
  await retryCall(deps, () => deps.kube.deleteObject(ref, { as, uid, foreground: true }));
  for (let tried = 0; ; tried++) {
    const left = await retryCall(deps, () => deps.kube.getObject(ref, { as }), signal);
    if (left?.metadata.uid !== uid) break;
    if (tried >= goneTries) throw stays(left);
    await deps.clock.delay(Math.min(1000, 25 * 2 ** tried), signal);
  }
  return (await retryCall(deps, () => deps.kube.applyObject(object, { as, dryRun: false }))).object;
}

function stays({ kind, metadata: { name, finalizers } }: AnyObject): GitkubeError {
  const held = finalizers ? ` (finalizers ${plain(JSON.stringify(finalizers), 200)})` : '';
  return new GitkubeError(
    'ManifestsRefused',
    `${nameOf({ kind, name })} is deleted to be replaced, and is not gone${held}`,
  );
}
