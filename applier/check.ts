import { isDeepStrictEqual } from 'node:util';
import { asGitkubeError, GitkubeError } from '../base/errors.ts';
import { count, plain } from '../base/text.ts';
import { type AnyObject, refOf } from '../kube/index.ts';
import { essence, nameOf } from './objects.ts';
import { type Environment, patiently } from './patient.ts';
import type { Say } from './types.ts';

export interface CheckedObject {
  /** As it would be applied now. */
  readonly object: AnyObject;
  /** `later`: it needs something of the same push, so it can only be applied. */
  readonly would: 'create' | 'change' | 'keep' | 'later';
  readonly live: AnyObject | undefined;
}

const atOnce = 8;

/**
 * A dry run of every object as the account: access, admission and validation have their say before anything is built.
 * @param toObject makes what is applied of an object and of what there is now
 * @throws ManifestsRefused naming everything that is refused
 */
export async function check(
  env: Environment,
  objects: readonly AnyObject[],
  as: string,
  toObject: (object: AnyObject, live: AnyObject | undefined) => AnyObject,
  { signal, say }: { readonly signal: AbortSignal; readonly say: Say },
): Promise<CheckedObject[]> {
  const live = await inBatches(objects, (object) =>
    patiently(env, () => env.kube.getObject(refOf(object), { as }), signal),
  );
  const absent = new Set(objects.filter((_, index) => !live[index]).map(({ metadata }) => metadata.name));
  const refused: GitkubeError[] = [];
  const checked = await inBatches(objects, async (object, index): Promise<CheckedObject> => {
    const before = live[index];
    const wanted = toObject(object, before);
    try {
      if (before?.metadata.deletionTimestamp) throw beingDeleted(object);
      return { object: wanted, live: before, would: await tryOut(env, wanted, before, as, signal, say) };
    } catch (thrown) {
      const error = asGitkubeError(thrown);
      if (error.reason !== 'ManifestsRefused') throw error;
      if (!needs(error, absent)) refused.push(error);
      return { object: wanted, live: before, would: 'later' };
    }
  });
  if (refused.length > 0) throw folded(refused);
  return checked;
}

async function tryOut(
  env: Environment,
  wanted: AnyObject,
  live: AnyObject | undefined,
  as: string,
  signal: AbortSignal,
  say: Say,
): Promise<CheckedObject['would']> {
  // Its CRD is an object of this push: without it there is nobody to ask.
  if (!(await env.kube.resourceKind(wanted.apiVersion, wanted.kind))) return 'later';
  const tried = await patiently(env, () => env.kube.applyObject(wanted, { as, dryRun: true }), signal);
  for (const warning of tried.warnings) say(`${nameOf(refOf(wanted))}: ${plain(warning, 500)}`);
  if (!live) return 'create';
  return isDeepStrictEqual(essence(live), essence(tried.object)) ? 'keep' : 'change';
}

/** Refused for want of something that this push makes: a Role, a ServiceAccount. */
function needs(error: GitkubeError, absent: ReadonlySet<string>): boolean {
  const name = /"([^"]+)" not found/.exec(error.message)?.[1];
  return name !== undefined && absent.has(name);
}

function beingDeleted(object: AnyObject): GitkubeError {
  return new GitkubeError('ManifestsRefused', `${nameOf(refOf(object))} is just being deleted`, {
    hint: `push again when it is gone: kubectl get ${object.kind.toLowerCase()} ${object.metadata.name}`,
  });
}

/** One error that names all; the hint that several share is said once. */
export function folded(errors: readonly GitkubeError[]): GitkubeError {
  const [first, ...others] = errors;
  if (!first || others.length === 0) return first ?? new GitkubeError('Internal', 'nothing was refused');
  return new GitkubeError(first.reason, `${first.message} (and ${count(others.length, 'object')} more)`, {
    evidence: others.slice(0, 20).map(({ message }) => message),
    hint: [...new Set(errors.flatMap(({ hint }) => hint))],
  });
}

async function inBatches<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += atOnce) {
    const batch = items.slice(at, at + atOnce).map((item, index) => work(item, at + index));
    // All are waited for, so that nothing goes on after the answer.
    await Promise.allSettled(batch);
    results.push(...(await Promise.all(batch)));
  }
  return results;
}
