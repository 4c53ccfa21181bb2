import { comparableFields, isFields } from '../../applier/index.ts';
import type { AnyObject } from '../../kube/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Notes of kubectl, of controllers and of deploys, which say nothing about what runs: who deployed which commit, what pods
 * were started with, when they were restarted.
 */
const notes = [
  'deployment.kubernetes.io/',
  'gitkube.sh/commit',
  'gitkube.sh/config',
  'gitkube.sh/pushed-by',
  'gitkube.sh/release',
  'kubectl.kubernetes.io/last-applied-configuration',
  'kubectl.kubernetes.io/restartedAt',
  'kubernetes.io/change-cause',
];

/** An object without what nobody means: two that are the same afterwards do the same. */
export function normalize(object: AnyObject): Fields {
  const all = comparableFields(object);
  return withoutNothing(isSecret(object) ? withBytes(all) : all, isBuiltIn(object)) as Fields;
}

/** Whether its fields mean what those of Kubernetes do: `apps/v1`, `networking.k8s.io/v1`, and what the typed calls answer. */
export function isBuiltIn({ apiVersion = '' }: { readonly apiVersion?: string }): boolean {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return !group.includes('.') || group.endsWith('.k8s.io');
}

export function isSecret({ apiVersion, kind }: Pick<AnyObject, 'apiVersion' | 'kind'>): boolean {
  return kind === 'Secret' && apiVersion === 'v1';
}

/** `stringData` as `data`, and each value as the API server writes its bytes. */
function withBytes({ stringData, data, ...rest }: Fields): Fields {
  const canonical = (value: unknown) =>
    typeof value === 'string' ? Buffer.from(value, 'base64').toString('base64') : value;
  const bytes = Object.entries(isFields(data) ? data : {}).map(([key, value]) => [key, canonical(value)]);
  const texts = Object.entries(isFields(stringData) ? stringData : {}).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  return { ...rest, data: Object.fromEntries([...bytes, ...texts]) };
}

/**
 * Without notes, and without maps that held only those.
 * @param isNullNothing null is a field that is not there
 */
function withoutNothing(value: unknown, isNullNothing: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNothing(item, isNullNothing));
  if (!isFields(value)) return value;
  const entries = Object.entries(value).flatMap(([field, below]): [string, unknown][] => {
    const kept = field === 'metadata' && isFields(below) ? withoutNotes(below) : below;
    const isNothing = kept === undefined || (kept === null && isNullNothing);
    return isNothing ? [] : [[field, withoutNothing(kept, isNullNothing)]];
  });
  return Object.fromEntries(entries);
}

/** @param metadata of an object, or of a template of pods */
function withoutNotes({ annotations, labels, ...rest }: Fields): Fields | undefined {
  const isNote = (name: string) => notes.some((note) => (note.endsWith('/') ? name.startsWith(note) : name === note));
  const meant = (all: unknown) =>
    isFields(all) ? Object.fromEntries(Object.entries(all).filter(([name]) => !isNote(name))) : {};
  const { creationTimestamp: _, ...others } = rest;
  const kept = {
    ...others,
    ...(isEmpty(meant(labels)) ? {} : { labels: meant(labels) }),
    ...(isEmpty(meant(annotations)) ? {} : { annotations: meant(annotations) }),
  };
  return isEmpty(kept) ? undefined : kept;
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}
