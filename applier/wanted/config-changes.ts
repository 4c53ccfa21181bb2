import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { asGitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type AnyObject, refOf } from '../../kube/index.ts';
import { type KubeDeps, retryCall } from '../../kube/retrying-kube.ts';
import { inBatches } from '../batches.ts';
import { isTakenOver } from '../fields/adopt.ts';
import { entriesOf, isApplied, type ManagedEntry, union } from '../fields/managed-fields.ts';
import { fieldAt } from '../objects/object-fields.ts';
import { configAnnotation, isFields, nameOf } from '../objects/objects.ts';
import { withTemplateAnnotation } from '../objects/pod-templates.ts';
import type { Say } from '../types.ts';
import { type ConfigRef, configRefs, restarts } from './config-refs.ts';

/** `"false"` on a workload, in its manifest or in the cluster: its pods are left alone, and the push says so. */
export const restartAnnotation = 'gitkube.sh/restart-on-config-change';

interface Config {
  /** As it will be. */
  readonly wanted: AnyObject | undefined;
  readonly live: AnyObject | undefined;
  /** It could be read, and is not there. */
  readonly absent: boolean;
}

/** In a note: there was no such object, so pods that name it as optional run without it. */
const absentMark = '-';
/** In a note: this push creates the Secret, whose hash needs its uid. */
const newMark = 'new-';

/** What the workloads of the manifests name, by `ConfigMap/settings`. */
export type Configs = ReadonlyMap<string, Config>;

/** Reads as the account; what it may not read is skipped. */
export async function readConfigs(deps: KubeDeps, objects: readonly AnyObject[], as: string): Promise<Configs> {
  const own = new Map(objects.map((object) => [nameOf(refOf(object)), object]));
  const named = objects.filter(restarts).flatMap((object) =>
    configRefs(object)
      .filter((ref) => ref.atStart || own.has(nameOf(ref)))
      .map((ref): [string, ConfigRef & { namespace: string }] => [
        nameOf(ref),
        { ...ref, namespace: object.metadata.namespace ?? '' },
      ]),
  );
  const found = await inBatches(
    [...new Map(named)],
    async ([key, { kind, name, namespace }]): Promise<[string, Config]> => {
      const ref = { apiVersion: 'v1', kind, name, namespace };
      const read = await retryCall(deps, async () => ({ live: await deps.kube.getObject(ref, { as }) })).catch(
        unlessRefused,
      );
      const live = read?.live;
      const wanted = own.get(key) ?? live;
      return [key, { live, wanted, absent: read !== undefined && wanted === undefined }];
    },
  );
  return new Map(found);
}

function unlessRefused(thrown: unknown): undefined {
  if (asGitkubeError(thrown).reason !== 'ManifestsRefused') throw thrown;
}

/**
 * The workload so that its pods are replaced when something has changed that they were started with. A workload without
 * a note of that is left alone unless this push changes it.
 * @param live as it is now
 */
export function followConfigs(object: AnyObject, live: AnyObject | undefined, configs: Configs, say: Say): AnyObject {
  if (!restarts(object)) return object;
  const named = configRefs(object).filter((ref) => configs.has(nameOf(ref)));
  const before = readNote(live?.metadata.annotations?.[configAnnotation]);
  // With the generation each mark of a new Secret is another text, so that pods are replaced.
  const fresh = `${newMark}${String(live?.metadata.generation ?? 0)}`;
  const now = new Map<string, string>();
  for (const ref of named) {
    const key = nameOf(ref);
    const mark = markOf(configs.get(key), ref) ?? (before.get(key) === absentMark ? fresh : undefined);
    if (mark !== undefined) now.set(key, mark);
  }
  const changed = live
    ? named.map(nameOf).filter((key) => hasChanged(configs.get(key), before.get(key), now.get(key)))
    : [];
  const note = [...now].map(([key, hash]) => `${key}:${hash}`).join(' ');
  const noted = note === '' ? object : withAnnotation(object, note);
  const last = fieldAt(live, 'spec.template.metadata.annotations');
  const kept = isFields(last) ? last[configAnnotation] : undefined;
  const mayRestart = restartsForConfig(object, live);
  if (changed.length > 0) say(lineOf(object, changed, mayRestart));
  const restarted = changed.length > 0 && mayRestart ? anotherText(note, kept, live) : kept;
  return typeof restarted === 'string' ? withTemplateAnnotation(noted, configAnnotation, restarted) : noted;
}

/** Pods are replaced by a text that their template does not have yet: they may have been started with this note before. */
function anotherText(note: string, kept: unknown, live: AnyObject | undefined): string | undefined {
  if (note === '') return undefined;
  return note === kept ? `${note} again-${String(live?.metadata.generation ?? 0)}` : note;
}

/** What the manifest says; else what somebody has annotated the object with in the cluster, and this push leaves. */
function restartsForConfig({ metadata }: AnyObject, live: AnyObject | undefined): boolean {
  const isLeft = (entry: ManagedEntry) => !isApplied(entry) && !isTakenOver(entry, true) && annotates(entry);
  const left = live && entriesOf(live).some(isLeft) ? live.metadata.annotations?.[restartAnnotation] : undefined;
  return (metadata.annotations?.[restartAnnotation] ?? left) !== 'false';
}

function annotates({ fieldsV1 }: ManagedEntry): boolean {
  const annotations = fieldAt(fieldsV1, 'f:metadata.f:annotations');
  return isFields(annotations) && Object.hasOwn(annotations, `f:${restartAnnotation}`);
}

function lineOf(object: AnyObject, changed: readonly string[], mayRestart: boolean): string {
  const name = nameOf(refOf(object));
  const what = `${changed
    .slice(0, 8)
    .map((one) => plain(one, 300))
    .join(', ')} ${changed.length === 1 ? 'has' : 'have'} changed`;
  if (mayRestart) return `${name}: is restarted, because ${what}`;
  return `${name}: ${what}, and its pods keep what they were started with (${restartAnnotation})`;
}

function hasChanged(config: Config | undefined, before: string | undefined, now: string | undefined): boolean {
  // Pods keep what they were started with when it is gone, and may not start without it.
  if (now === absentMark) return false;
  if (before === absentMark) return now !== undefined;
  const { wanted, live } = config ?? {};
  if (isHash(before) && isHash(now)) return before !== now || isOverwritten(wanted, live);
  return wanted !== undefined && live !== undefined && !isDeepStrictEqual(contentOf(wanted), contentOf(live));
}

/**
 * Somebody has changed or removed what the manifest says, and pods that have started since run with that. What an
 * admission webhook makes of it with each push is of Gitkube to the API server.
 */
function isOverwritten(wanted: AnyObject | undefined, live: AnyObject | undefined): boolean {
  if (wanted === live || !wanted || !live) return false;
  const now = new Map(contentOf(live).flat());
  const others = entriesOf(live).filter(({ manager }) => manager !== 'gitkube');
  const owned = union(...others.map(({ fieldsV1 }) => fieldsV1));
  const isOfOthers = (key: string) =>
    [owned['f:data'], owned['f:binaryData']].some((keys) => isFields(keys) && Object.hasOwn(keys, `f:${key}`));
  return contentOf(wanted)
    .flat()
    .some(([key, value]) => now.get(key) !== value && (!now.has(key) || isOfOthers(key)));
}

function isHash(mark: string | undefined): boolean {
  return mark !== undefined && mark !== absentMark && !mark.startsWith(newMark);
}

/** What is noted about it. A hash is salted by what only those know who may read a Secret: a short one could be guessed. */
function markOf(config: Config | undefined, ref: ConfigRef): string | undefined {
  const { wanted, live, absent } = config ?? {};
  if (absent) return absentMark;
  const salt = ref.kind === 'ConfigMap' ? '' : live?.metadata.uid;
  if (!wanted || salt === undefined) return undefined;
  return createHash('sha256')
    .update(salt)
    .update(JSON.stringify(contentOf(wanted)))
    .digest('hex')
    .slice(0, 12);
}

/** What pods see of it, in one order. */
function contentOf({ kind, data, binaryData }: AnyObject): [string, unknown][][] {
  const [texts, bytes] = [pairsOf(data), pairsOf(binaryData)];
  return [kind === 'Secret' ? texts.map(canonical) : texts, bytes.map(canonical)];
}

function pairsOf(data: unknown): [string, unknown][] {
  return Object.entries(isFields(data) ? data : {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Base64 as the API server writes it; manifests often have it in lines. */
function canonical([key, value]: [string, unknown]): [string, unknown] {
  return [key, typeof value === 'string' ? Buffer.from(value, 'base64').toString('base64') : value];
}

function readNote(note: string | undefined): Map<string, string> {
  const parts = (note ?? '').split(' ').filter((part) => part !== '');
  return new Map(parts.map((part) => [part.slice(0, part.lastIndexOf(':')), part.slice(part.lastIndexOf(':') + 1)]));
}

function withAnnotation(object: AnyObject, note: string): AnyObject {
  const annotations = { ...object.metadata.annotations, [configAnnotation]: note };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
