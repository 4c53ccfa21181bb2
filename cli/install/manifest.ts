import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump, loadAll, YAML11_SCHEMA } from 'js-yaml';
import type { NamedObject } from '../../kube/index.ts';
import { packageRoot } from '../package-root.ts';

/** What can be said about an installation without helm. */
export interface InstallChanges {
  readonly namespace: string;
  /** Type of the Service that users reach. */
  readonly expose?: string | undefined;
  readonly image?: string | undefined;
  readonly engineImage?: string | undefined;
  /** GITKUBE_* settings of the server, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

type Json = { [key: string]: unknown };

/** manifests/install.yaml of this version. */
export async function installObjects(): Promise<NamedObject[]> {
  return parseManifest(await readFile(join(packageRoot(), 'manifests/install.yaml'), 'utf8'));
}

/** By YAML 1.1, as kubectl and helm read: `defaultMode: 0440` is octal. */
export function parseManifest(text: string): NamedObject[] {
  return (loadAll(text, { schema: YAML11_SCHEMA }) as (NamedObject | null)[]).filter((object) => object !== null);
}

/** Quoted so that YAML 1.1 and 1.2 read the same. */
export function printManifest(objects: readonly NamedObject[]): string {
  return objects
    .map((object) => `---\n${dump(object, { schema: YAML11_SCHEMA, lineWidth: -1, noRefs: true })}`)
    .join('');
}

/** The objects as the chart would make them with these values: its namespace `gitkube` is in names and settings, too. */
export function changeObjects(objects: readonly NamedObject[], changes: InstallChanges): NamedObject[] {
  return objects.map((object) => {
    const moved = moveTo(object, changes.namespace);
    if (moved.kind === 'Service' && moved.metadata.name === 'gitkube') return exposed(moved, changes.expose);
    if (moved.kind === 'ClusterRole' && changes.expose === 'NodePort') return withNodes(moved);
    return moved.kind === 'Deployment' ? withContainers(moved, changes) : moved;
  });
}

const originally = 'gitkube';

function moveTo(object: NamedObject, namespace: string): NamedObject {
  if (namespace === originally) return object;
  const { metadata, subjects, roleRef, ...rest } = object as NamedObject & {
    subjects?: readonly { readonly namespace?: string }[];
    roleRef?: { readonly name: string };
  };
  const name = object.kind === 'Namespace' ? namespace : renamed(metadata.name, namespace);
  return {
    ...rest,
    metadata: { ...metadata, name, ...(metadata.namespace === originally && { namespace }) },
    ...(roleRef && { roleRef: { ...roleRef, name: renamed(roleRef.name, namespace) } }),
    ...(subjects && { subjects: subjects.map((subject) => ({ ...subject, namespace })) }),
  };
}

/** Cluster-wide objects are named by the namespace: `gitkube:gitkube`. */
function renamed(name: string, namespace: string): string {
  return name.startsWith(`${originally}:`) ? `${namespace}${name.slice(originally.length)}` : name;
}

function exposed(service: NamedObject, type: string | undefined): NamedObject {
  const { spec } = service as NamedObject & { spec: Json };
  return type === undefined ? service : ({ ...service, spec: { ...spec, type } } as NamedObject);
}

/** The address of a NodePort is that of a node. */
function withNodes(role: NamedObject): NamedObject {
  const { rules = [] } = role as NamedObject & { rules?: readonly unknown[] };
  return { ...role, rules: [...rules, { apiGroups: [''], resources: ['nodes'], verbs: ['list'] }] } as NamedObject;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

function withContainers(deployment: NamedObject, changes: InstallChanges): NamedObject {
  const { spec } = deployment as NamedObject & { spec: { template: Json & { spec: PodSpec } } };
  const pod = spec.template.spec;
  const change = (container: Container) => changeContainer(container, changes);
  const changed = {
    ...pod,
    containers: pod.containers.map(change),
    ...(pod.initContainers && { initContainers: pod.initContainers.map(change) }),
  };
  return { ...deployment, spec: { ...spec, template: { ...spec.template, spec: changed } } } as NamedObject;
}

function changeContainer(container: Container, { namespace, image, engineImage, settings }: InstallChanges): Container {
  if (container.name === 'engine') return { ...container, image: engineImage ?? container.image };
  if (container.name !== 'server') return container;
  const env = new Map((container.env ?? []).map(({ name, value }) => [name, inNamespace(name, value, namespace)]));
  for (const [name, value] of Object.entries(settings ?? {})) env.set(name, value);
  const sorted = [...env].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...container, image: image ?? container.image, env: sorted.map(([name, value]) => ({ name, value })) };
}

/** Settings whose values begin with the installation's own namespace. */
const namespaced = ['GITKUBE_SERVICE', 'GITKUBE_HOST_KEY_SECRET', 'GITKUBE_SERVER_NAME'];

function inNamespace(name: string, value: string, namespace: string): string {
  return namespaced.includes(name) ? value.replace(new RegExp(`^${originally}/`), `${namespace}/`) : value;
}
