import type { RemoteObject } from '../../kube/index.ts';
import type { RemoteStatus } from '../../remote-crd/index.ts';
import { readStatus } from '../../remote-crd/index.ts';
import { ageOf } from '../print.ts';

/** What the server says about a Remote. Parts that make no sense are left out. */
export function statusOf(remote: RemoteObject): Partial<RemoteStatus> {
  return readStatus(remote.status);
}

export function readyCondition(remote: RemoteObject): { status: string; reason: string; message: string } | undefined {
  return statusOf(remote).conditions?.find(({ type }) => type === 'Ready');
}

export const remoteColumns = ['NAME', 'READY', 'BRANCH', 'RELEASE', 'LAST PUSH', 'URL', 'AGE'] as const;
export const wideColumns = [...remoteColumns, 'HTTPS URL', 'REASON', 'MESSAGE'] as const;

/** The cells of `wideColumns`; the first ones are those of `remoteColumns`. */
export function remoteRow(remote: RemoteObject, now: number): string[] {
  const { branch, release, lastPush, remoteUrl, remoteUrlDesc, httpsUrl } = statusOf(remote);
  const ready = readyCondition(remote);
  return [
    remote.metadata.name,
    ready?.status ?? 'Unknown',
    branch ?? '',
    release?.toString() ?? '',
    lastPush?.reason ?? '',
    remoteUrl ?? '',
    ageOf(remote.metadata.creationTimestamp, now),
    httpsUrl ?? '',
    ready?.reason ?? '',
    [ready?.message ?? 'no server has said anything about it', remoteUrl ? '' : remoteUrlDesc]
      .filter(Boolean)
      .join('; '),
  ];
}

/** The same cells of each environment, which has no address and no age of its own. */
export function environmentRows(remote: RemoteObject): string[][] {
  return (statusOf(remote).environments ?? []).map(({ name, branch, release, lastPush, conditions }) => {
    const ready = conditions?.find(({ type }) => type === 'Ready');
    return [
      `${remote.metadata.name}/${name}`,
      ready?.status ?? 'Unknown',
      branch ?? '',
      release?.toString() ?? '',
      lastPush?.reason ?? '',
      '',
      '',
      '',
      ready?.reason ?? '',
      ready?.message ?? '',
    ];
  });
}

/** The branch that a first push is to, and the environment that it is to: that of the Remote itself where it has one. */
export function firstPlace(remote: RemoteObject): { readonly branch: string; readonly environment: string } {
  // Whether or not the rest of it can be read.
  const { branch, environments, deployments, manifests } = (remote.spec ?? {}) as PlaceSpec;
  const isOnlyEnvironments = (deployments ?? []).length === 0 && !manifests;
  const [first] = (isOnlyEnvironments && environments) || [];
  if (first) return { branch: first.branch, environment: first.name };
  return { branch: statusOf(remote).branch ?? branch ?? 'main', environment: '' };
}

/** The API server has checked it. */
interface PlaceSpec {
  readonly branch?: string | null;
  readonly deployments?: readonly unknown[] | null;
  readonly manifests?: unknown;
  readonly environments?: readonly { readonly name: string; readonly branch: string }[] | null;
}
