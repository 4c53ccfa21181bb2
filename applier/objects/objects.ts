import { createHash } from 'node:crypto';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { AnyObject, ObjectRef } from '../../kube/kube.ts';
import type { InventoryEntry, Manifest, RemoteName } from '../types.ts';

/** The label by which an object is known to be of a Remote. */
export const inventoryLabel = 'gitkube.sh/remote';

/**
 * On a workload: what its pods were started with, `ConfigMap/settings:1f0c…`, one after the other. On its pod template:
 * the same at the last change, which makes Kubernetes replace the pods.
 */
export const configAnnotation = 'gitkube.sh/config';

type Fields = Readonly<Record<string, unknown>>;

/** `Service/www` */
export function nameOf({ kind, name }: Pick<ObjectRef, 'kind' | 'name'>): string {
  return `${kind}/${plain(name, 253)}`;
}

const maxNames = 8;

/** The first of them. */
export function names(refs: readonly ObjectRef[]): string {
  const shown = refs.slice(0, maxNames).map(nameOf);
  return [...shown, ...(refs.length > maxNames ? ['…'] : [])].join(', ');
}

/** The same object, whatever version of its group it is written in. */
export function keyOf({ apiVersion, kind, namespace = '', name }: ObjectRef | InventoryEntry): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return [group, kind, namespace, name].join(' ');
}

/** The documents of a file as objects; lists are taken apart. What is no object at all is left to `onOther`. */
export function toManifests(
  documents: readonly unknown[],
  origin: string,
  onOther: (origin: string) => void,
): Manifest[] {
  return documents.flatMap((document) => {
    if (document === null || document === undefined) return [];
    if (!isFields(document) || (document.apiVersion === undefined && document.kind === undefined)) {
      onOther(origin);
      return [];
    }
    if (isList(document)) {
      return toManifests(document.items, origin, onOther);
    }
    return [{ object: asObject(document, origin), origin }];
  });
}

/** `List` and `ConfigMapList`; a kind of a CRD may be called so and have a name. */
function isList(document: Fields): document is Fields & { readonly items: readonly unknown[] } {
  const { kind, items, metadata } = document;
  const hasName = isFields(metadata) && metadata.name !== undefined;
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) && !hasName;
}

/** @throws ManifestsInvalid */
function asObject(document: Fields, origin: string): AnyObject {
  const invalid = (why: string) => new GitkubeError('ManifestsInvalid', `${origin}: ${why}`);
  const { apiVersion, kind, metadata } = document;
  if (typeof kind !== 'string' || kind === '') throw invalid('an object has an apiVersion and no kind');
  if (typeof apiVersion !== 'string' || apiVersion === '') throw invalid(`a ${plain(kind, 60)} has no apiVersion`);
  if (!isFields(metadata)) throw invalid(`a ${plain(kind, 60)} has no metadata`);
  const { name, namespace, labels } = metadata;
  if (typeof name !== 'string' || !isPathSegment(name)) {
    const generated =
      metadata.generateName === undefined ? '' : ', and one by generateName would be new with each push';
    throw invalid(`a ${plain(kind, 60)} has no valid metadata.name${generated}`);
  }
  if (namespace !== undefined && namespace !== null && namespace !== '') {
    if (typeof namespace !== 'string' || !isPathSegment(namespace)) {
      throw invalid(`metadata.namespace of ${nameOf({ kind, name })} is not a valid name`);
    }
  }
  if (labels !== undefined && labels !== null && !isFields(labels)) {
    throw invalid(`metadata.labels of ${nameOf({ kind, name })} is not a map`);
  }
  return document as unknown as AnyObject;
}

/** As the API server has it (IsValidPathSegmentName): names become steps of a URL. */
function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name);
}

/** What `kubectl get -o yaml` prints and nobody means. */
const serverFields = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/** What an object is, without what the API server and the controllers write on it. */
export function comparableFields(object: AnyObject): Fields {
  const { status: _, metadata, ...rest } = object;
  const kept = Object.entries(metadata).filter(([field]) => !serverFields.has(field));
  const { 'deployment.kubernetes.io/revision': __, ...annotations } = metadata.annotations ?? {};
  const fields = { ...Object.fromEntries(kept), ...(metadata.annotations ? { annotations } : {}) };
  return { ...rest, metadata: fields };
}

/**
 * The object as it is applied: with the label of its inventory, in the namespace of the Remote unless it names another
 * one; then it is for the API server to refuse.
 * @param namespaced whether objects of its kind are in a namespace
 */
export function forRemote({ object }: Manifest, remote: RemoteName, namespaced: boolean): AnyObject {
  const { namespace: named, ...metadata } = object.metadata;
  const labels = { ...metadata.labels, [inventoryLabel]: labelOf(remote, namespaced) };
  const placed = {
    ...object,
    metadata: { ...metadata, labels, ...(namespaced ? { namespace: named || remote.namespace } : {}) },
  };
  return comparableFields(placed) as unknown as AnyObject;
}

/**
 * The value of the inventory label. On an object of the cluster it names the namespace of the Remote, too. No Remote has the name
 * of an environment: names have no `_`.
 */
export function labelOf({ namespace, name, environment = '' }: RemoteName, namespaced: boolean): string {
  const own = environment === '' ? name : `${name}_${environment}`;
  const full = namespaced ? own : `${namespace}.${own}`;
  // 63 characters are all that a label takes.
  if (full.length <= 63) return full;
  return `${full.slice(0, 50).replace(/[^a-z0-9]+$/, '')}-${createHash('sha256').update(full).digest('hex').slice(0, 12)}`;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
