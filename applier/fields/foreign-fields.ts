import { count, plain } from '../../base/text.ts';
import { type AnyObject, refOf } from '../../kube/index.ts';
import { configAnnotation, nameOf } from '../objects/objects.ts';
import { isTakenOver } from './adopt.ts';
import { removedFields } from './leaving-fields.ts';
import {
  appliedFields,
  entriesOf,
  type FieldSet,
  isApplied,
  type ManagedEntry,
  minus,
  pathsOf,
  present,
} from './managed-fields.ts';

export interface ForeignWork {
  /** It was applied by this Remote before. */
  readonly isOurs: boolean;
  /** The manifest is what it was at the last release. */
  readonly isSame: boolean;
}

/**
 * What a push does to fields that somebody else has set, changed or removed since the last one, each in a line. The API
 * server knows who set what; no value is shown, because it may be secret.
 * @param tried the object as it would be, by a dry run
 */
export function foreignLines(live: AnyObject, tried: AnyObject, { isOurs, isSame }: ForeignWork): string[] {
  const name = nameOf(refOf(live));
  const now = new Map(entriesOf(tried).map((entry) => [keyOf(entry), entry.fieldsV1]));
  const all = entriesOf(live).filter(isForeign);
  const others = all.filter((entry) => !isTakenOver(entry, isOurs));
  const mine = appliedFields(tried);
  // With the object itself its fields are taken over silently; a later `kubectl apply` is reported like any other change.
  const overwritten = (isOurs ? all : others).map((entry) => {
    const lost = minus(entry.fieldsV1, now.get(keyOf(entry)) ?? {});
    return line(lost, (paths) => `${name}: ${who(entry)} has set ${paths}; what the manifest says is applied over it`);
  });
  const kept = others.filter(isByHand).map((entry) => {
    const left = minus(now.get(keyOf(entry)) ?? {}, mine);
    return line(left, (paths) => `${name}: keeps ${paths}, which ${who(entry)} has set and the manifest does not have`);
  });
  const lost = minus(minus(mine, appliedFields(live)), ownNotes);
  const removed = isSame && isOurs ? minus(lost, present(lost, live)) : {};
  return [
    ...overwritten,
    ...kept,
    line(removed, (paths) => `${name}: somebody has removed ${paths}, which is set again`),
  ].filter((one) => one !== undefined);
}

/** What an object has lost because kubectl or another tool had set it, and the manifest does not have it. */
export function removedLine(before: AnyObject, after: AnyObject, isOurs: boolean): string | undefined {
  const removed = removedFields(before, after, isOurs);
  return line(removed, (paths) => `${nameOf(refOf(before))}: removed, because the manifest does not have it: ${paths}`);
}

/** What Gitkube adds to a manifest now and then. */
const note = { 'f:metadata': { 'f:annotations': { [`f:${configAnnotation}`]: {} } } };
const ownNotes: FieldSet = { ...note, 'f:spec': { 'f:template': note } };

const maxPaths = 5;

function line(fields: FieldSet, words: (paths: string) => string): string | undefined {
  const paths = pathsOf(fields);
  if (paths.length === 0) return undefined;
  const more = paths.length > maxPaths ? ` and ${count(paths.length - maxPaths, 'field')} more` : '';
  return words(
    `${paths
      .slice(0, maxPaths)
      .map((path) => plain(path, 300))
      .join(', ')}${more}`,
  );
}

/** Not Gitkube, and no controller that says how it goes. */
function isForeign(entry: ManagedEntry): boolean {
  return entry.manager !== 'gitkube' && entry.subresource !== 'status' && !isApplied(entry);
}

/** Controllers add fields to most objects; people do it by kubectl. A restart by hand is done. */
function isByHand({ manager }: ManagedEntry): boolean {
  return manager.startsWith('kubectl') && manager !== 'kubectl-rollout';
}

function who({ manager }: ManagedEntry): string {
  return plain(manager, 100);
}

function keyOf({ manager, operation, subresource = '' }: ManagedEntry): string {
  return `${manager} ${operation} ${subresource}`;
}
