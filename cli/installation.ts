import { podTrouble } from '../deployer/index.ts';
import type { KubeAdmin, V1Pod, Workload } from '../kube/index.ts';

export type ServerDeployment = Extract<Workload, { kind: 'Deployment' }>;

/** What every object of an installation has, whatever its release is called. */
export const partOfGitkube = 'app.kubernetes.io/part-of=gitkube';
export const serverLabels = `${partOfGitkube},app.kubernetes.io/component=server`;
/** What to type to see the pods of all servers, wherever they are. */
export const seePods = `kubectl get pods -A -l ${serverLabels}`;
export const serverContainer = 'server';

export interface Installation {
  readonly namespace: string;
  readonly name: string;
  readonly deployment: ServerDeployment;
}

export function installationOf(deployment: ServerDeployment): Installation {
  return { namespace: deployment.metadata?.namespace ?? '', name: deployment.metadata?.name ?? '', deployment };
}

/** A hint to change an installation: a flag that is left out is that of a new one again. @param change what to add, or to give */
export function installAgain(change: string): string {
  return `repeat gitkube install with ${change} and the flags of the first time: it resets what you leave out`;
}

/** A hint for a server that is older than this program. */
export const toThisVersion = 'bring the server to this version as docs/upgrade.md says';

/** All servers of a namespace. */
export function serversIn(admin: KubeAdmin, namespace: string): Promise<ServerDeployment[]> {
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments`;
  return admin.listObjects(path, { labelSelector: serverLabels });
}

export interface ServerPod {
  readonly name: string;
  /** Why it is not ready. */
  readonly trouble: string | undefined;
  /** A program can be run in the server's container. */
  readonly runs: boolean;
}

/** The newest pod of the server that is not on its way out. */
export async function serverPod(admin: KubeAdmin, installation: Installation): Promise<ServerPod | undefined> {
  return (await serverPods(admin, installation))[0];
}

/** Those that are not on their way out, the newest first: there are two while one replaces another. */
export async function serverPods(
  admin: KubeAdmin,
  { namespace, deployment }: Installation,
): Promise<readonly ServerPod[]> {
  const labels = Object.entries(deployment.spec?.selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const pods = await admin.listObjects<V1Pod>(`/api/v1/namespaces/${namespace}/pods`, {
    labelSelector: labels.join(','),
  });
  return pods
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .sort((a, b) => created(b) - created(a))
    .map(stateOf);
}

function stateOf(pod: V1Pod): ServerPod {
  const server = pod.status?.containerStatuses?.find(({ name }) => name === serverContainer);
  return {
    name: pod.metadata?.name ?? '',
    trouble: podTrouble(pod),
    runs: server?.state?.running !== undefined,
  };
}

function created({ metadata }: V1Pod): number {
  return Date.parse(String(metadata?.creationTimestamp ?? '')) || 0;
}

/** The settings of its server, as its Deployment gives them; those out of Secrets are not looked up. */
export function settingsOf({ deployment }: Pick<Installation, 'deployment'>): Record<string, string> {
  const server = deployment.spec?.template.spec?.containers.find(({ name }) => name === serverContainer);
  return Object.fromEntries(
    (server?.env ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
}

/** As its Deployment gives it; undefined: it makes one at its first start. */
export function serverNameOf(deployment: ServerDeployment): string | undefined {
  return settingsOf({ deployment }).GITKUBE_SERVER_NAME;
}
