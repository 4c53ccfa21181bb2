import { randomBytes } from 'node:crypto';
import { callApi } from './api-server.ts';
import { eventually } from './eventually.ts';
import type { Gitkube } from './gitkube.ts';
import { mustKubectl } from './kubectl.ts';
import { Project } from './project.ts';
import { rig } from './rig.ts';

export const placeholder = 'placeholder.invalid/none:0';

export interface ManifestsProjectOptions {
  /** Changes of spec.manifests. */
  readonly manifests?: Record<string, unknown>;
  /** Changes of the Remote's spec. */
  readonly spec?: Record<string, unknown>;
  /** The ClusterRole of the account in the namespace; undefined: there is no account. */
  readonly role?: string | undefined;
  readonly labels?: Record<string, string>;
  /** Default: one of its own. */
  readonly namespace?: string;
}

/** A namespace with nothing but a Remote and the account that manifests are applied as; the app `www` lies in the repository. */
export async function createManifestsProject(
  gitkube: Gitkube,
  { manifests, spec, labels, namespace, ...options }: ManifestsProjectOptions = {},
): Promise<Project> {
  const project = await Project.create(gitkube, {
    ...(namespace === undefined ? {} : { namespace }),
    deployments: [],
    spec: {
      deployments: [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }],
      manifests: { path: 'k8s', ...manifests },
      ...spec,
    },
  });
  await namespaceIsComplete(project.namespace);
  const role = 'role' in options ? options.role : 'edit';
  if (role !== undefined) await makeAccount(project, role);
  for (const [name, value] of Object.entries(labels ?? {})) {
    await project.kubectl('label', 'namespace', project.namespace, `${name}=${value}`);
  }
  await project.writeApp('www', 'www 1');
  return project;
}

/** The same of a Remote that applies manifests and builds nothing. */
export function manifestsOnly(gitkube: Gitkube, options: ManifestsProjectOptions = {}): Promise<Project> {
  const spec = { deployments: [], registry: undefined, ...options.spec };
  return createManifestsProject(gitkube, { ...options, spec });
}

/** Controllers put these into each namespace a moment after it was made; a test that compares contents would see them come. */
async function namespaceIsComplete(namespace: string): Promise<void> {
  const given = ['serviceaccounts/default', 'configmaps/kube-root-ca.crt'];
  for (const path of given) await eventually(() => callApi('GET', `/api/v1/namespaces/${namespace}/${path}`));
}

/** @param role a ClusterRole */
export async function makeAccount({ namespace }: Project, role: string, name = 'gitkube-deployer'): Promise<void> {
  await callApi('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
  const group = 'rbac.authorization.k8s.io';
  await callApi('POST', `/apis/${group}/v1/namespaces/${namespace}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
}

interface Changes {
  readonly image?: string;
  readonly replicas?: number;
  readonly env?: string;
  readonly command?: readonly string[];
}

/** As users write it: no namespace, a placeholder for an image. */
export function deployment(name = 'www', changes: Changes = {}): object {
  const { image = placeholder, replicas, env, command } = changes;
  const container = {
    name,
    image,
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
    ...(command === undefined ? {} : { command }),
    ...(env === undefined ? {} : { env: [{ name: 'COLOR', value: env }] }),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 0, containers: [container] },
      },
    },
  };
}

/** Tried once. */
export function job(name: string, script: string, image = rig().baseImage): object {
  const container = { name: 'web', image, command: ['sh', '-c', script] };
  const spec = { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [container] };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { backoffLimit: 0, template: { spec } },
  };
}

export function service(name = 'www'): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
  };
}

export function ingress(host: string, name = 'www'): object {
  const backend = { service: { name, port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: { rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  };
}

export function configMap(name: string, data: Record<string, string>, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

/** One of a class that does not exist never gets a volume. */
export function claim(name: string, storageClassName = 'there-is-none'): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  };
}

/** A StorageClass that makes a volume with the first pod that mounts it, as those of the clouds do. */
export class VolumesLater implements AsyncDisposable {
  readonly name = `later-${randomBytes(4).toString('hex')}`;

  static async create(): Promise<VolumesLater> {
    const later = new VolumesLater();
    await mustKubectl(['apply', '-f', '-'], {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: later.name },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    return later;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustKubectl(['delete', 'storageclass', this.name]);
  }
}

/** Documents of one file. JSON is YAML. */
export function yaml(...objects: readonly object[]): string {
  return objects.map((object) => `---\n${JSON.stringify(object, null, 2)}\n`).join('');
}
