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
export const wideColumns = [...remoteColumns, 'REASON', 'MESSAGE'] as const;

/** The cells of `wideColumns`; the first ones are those of `remoteColumns`. */
export function remoteRow(remote: RemoteObject, now: number): string[] {
  const { branch, release, lastPush, remoteUrl, remoteUrlDesc } = statusOf(remote);
  const ready = readyCondition(remote);
  return [
    remote.metadata.name,
    ready?.status ?? 'Unknown',
    branch ?? '',
    release?.toString() ?? '',
    lastPush?.reason ?? '',
    remoteUrl ?? '',
    ageOf(remote.metadata.creationTimestamp, now),
    ready?.reason ?? '',
    [ready?.message ?? 'no server has said anything about it', remoteUrl ? '' : remoteUrlDesc]
      .filter(Boolean)
      .join('; '),
  ];
}
