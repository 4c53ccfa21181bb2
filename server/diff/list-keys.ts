import { isFields } from '../../applier/index.ts';

/**
 * What the items of a list are known by, by the name of the list (x-kubernetes-list-map-keys). Their order says nothing: that of `env`
 * does, for a variable that names others, and that of `initContainers`.
 */
const knownKeys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  containers: [['name']],
  ephemeralContainers: [['name']],
  volumes: [['name']],
  volumeMounts: [['mountPath']],
  volumeDevices: [['devicePath']],
  imagePullSecrets: [['name']],
  secrets: [['name']],
  hostAliases: [['ip']],
  webhooks: [['name']],
  topologySpreadConstraints: [['topologyKey', 'whenUnsatisfiable']],
  ports: [
    ['containerPort', 'protocol'],
    ['port', 'protocol'],
  ],
};

/** Where a list of texts is a set. */
const sets = new Set(['finalizers']);

/** The API server fills these in. */
const defaults: Readonly<Record<string, string>> = { protocol: 'TCP' };

export interface ItemKeys {
  /** What an item is called. */
  readonly keyOf: (item: unknown) => string;
  /** Another order of the items is a difference. */
  readonly isOrdered: boolean;
}

/**
 * The keys of the items of two lists; undefined: their places are all that they have.
 * @param list its name
 * @param isBuiltIn whether it is what the API of Kubernetes has under that name
 */
export function keysOf(
  from: readonly unknown[],
  to: readonly unknown[],
  list: string,
  isBuiltIn: boolean,
): ItemKeys | undefined {
  if (sets.has(list)) return haveKeys([from, to], String) ? { keyOf: String, isOrdered: false } : undefined;
  const known = isBuiltIn && Object.hasOwn(knownKeys, list) ? (knownKeys[list] ?? []) : [];
  for (const fields of known) {
    const keyOf = keyBy(fields);
    if (haveKeys([from, to], keyOf)) return { keyOf: (item) => keyOf(item) ?? '', isOrdered: false };
  }
  const named = keyBy(['name']);
  return haveKeys([from, to], named) ? { keyOf: (item) => named(item) ?? '', isOrdered: true } : undefined;
}

function keyBy(fields: readonly string[]) {
  return (item: unknown): string | undefined => {
    if (!isFields(item)) return undefined;
    const values = fields.map((field) => item[field] ?? defaults[field]);
    const isKey = values.every((value) => ['string', 'number'].includes(typeof value));
    return isKey ? values.filter((value) => value !== 'TCP').join(',') : undefined;
  };
}

function haveKeys(lists: readonly (readonly unknown[])[], keyOf: (item: unknown) => string | undefined): boolean {
  return lists.every((list) => {
    const keys = list.map(keyOf);
    return !keys.includes(undefined) && new Set(keys).size === list.length;
  });
}
