import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { plain } from '../base/text.ts';
import { type AnyObject, refOf } from '../kube/index.ts';
import { inBatches } from './batches.ts';
import { type ConfigRef, configRefs, restarts } from './config-refs.ts';
import { fieldAt } from './object-fields.ts';
import { isFields, nameOf } from './objects.ts';
import { type Environment, patiently } from './patient.ts';
import { withTemplateAnnotation } from './pod-templates.ts';
import type { Say } from './types.ts';

/**
 * On a workload: what its pods were started with, `ConfigMap/settings:1f0c…`, one after the other. On its pod template:
 * the same at the last change, which makes Kubernetes replace the pods.
 */
export const configAnnotation = 'gitkube.sh/config';
/** `"false"` on a workload: its pods are left alone, and the push says so. */
export const restartAnnotation = 'gitkube.sh/restart-on-config-change';

interface Config {
  /** As it will be. */
  readonly wanted: AnyObject | undefined;
  readonly live: AnyObject | undefined;
}

/** What the workloads of the manifests name, by `ConfigMap/settings`. */
export type Configs = ReadonlyMap<string, Config>;

/** Reads as the account; what it may not read is passed over. */
export async function readConfigs(env: Environment, objects: readonly AnyObject[], as: string): Promise<Configs> {
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
      const live = await patiently(env, () => env.kube.getObject(ref, { as })).catch(() => undefined);
      return [key, { live, wanted: own.get(key) ?? live }];
    },
  );
  return new Map(found);
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
  const now = new Map(named.flatMap((ref) => hashOf(configs.get(nameOf(ref)), ref)));
  const changed = live
    ? named.map(nameOf).filter((key) => hasChanged(configs.get(key), before.get(key), now.get(key)))
    : [];
  const note = [...now].map(([key, hash]) => `${key}:${hash}`).join(' ');
  const noted = note === '' ? object : withAnnotation(object, note);
  const last = fieldAt(live, 'spec.template.metadata.annotations');
  const kept = isFields(last) ? last[configAnnotation] : undefined;
  const mayRestart = object.metadata.annotations?.[restartAnnotation] !== 'false';
  if (changed.length > 0) say(lineOf(object, changed, mayRestart));
  const restarted = changed.length > 0 && mayRestart ? (note === '' ? undefined : note) : kept;
  return typeof restarted === 'string' ? withTemplateAnnotation(noted, configAnnotation, restarted) : noted;
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
  if (before !== undefined && now !== undefined) return before !== now;
  const { wanted, live } = config ?? {};
  return wanted !== undefined && live !== undefined && !isDeepStrictEqual(contentOf(wanted), contentOf(live));
}

/** Salted by what only those know who may read it: a short secret could be guessed from its hash. */
function hashOf(config: Config | undefined, ref: ConfigRef): [string, string][] {
  const { wanted, live } = config ?? {};
  const salt = ref.kind === 'ConfigMap' ? '' : live?.metadata.uid;
  if (!wanted || salt === undefined) return [];
  const hash = createHash('sha256')
    .update(salt)
    .update(JSON.stringify(contentOf(wanted)))
    .digest('hex');
  return [[nameOf(ref), hash.slice(0, 12)]];
}

/** What pods see of it, in one order. */
function contentOf({ data, binaryData }: AnyObject): unknown[] {
  return [data, binaryData].map((one) => Object.entries(isFields(one) ? one : {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readNote(note: string | undefined): Map<string, string> {
  const parts = (note ?? '').split(' ').filter((part) => part !== '');
  return new Map(parts.map((part) => [part.slice(0, part.lastIndexOf(':')), part.slice(part.lastIndexOf(':') + 1)]));
}

function withAnnotation(object: AnyObject, note: string): AnyObject {
  const annotations = { ...object.metadata.annotations, [configAnnotation]: note };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
