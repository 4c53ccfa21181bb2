import { expect, it } from 'vitest';
import type { V1Pod, Workload } from '../../kube/kube.ts';
import { ownPods } from './own-pods.ts';

const labels = { app: 'backup' };
const workload = (kind: Workload['kind']) =>
  ({
    kind,
    metadata: { name: 'backup', uid: 'u1' },
    spec: { selector: { matchLabels: labels } },
  }) as unknown as Workload;

const podOf = (kind: string, name: string, uid = 'u2'): V1Pod => ({
  metadata: { labels, ownerReferences: [{ apiVersion: 'x/v1', controller: true, kind, name, uid }] },
});

it.each([
  ['Deployment', podOf('ReplicaSet', 'backup-5d9c7bf9d8'), true],
  ['Deployment', podOf('ReplicaSet', 'backup-admin-5d9c7bf9d8'), false],
  ['Deployment', podOf('Job', 'backup-5d9c7bf9d8'), false],
  ['CronJob', podOf('Job', 'backup-29876543'), true],
  ['CronJob', podOf('Job', 'backup-restore'), false],
  ['CronJob', podOf('Job', 'backup-admin-29876543'), false],
  ['StatefulSet', podOf('StatefulSet', 'backup', 'u1'), true],
  ['StatefulSet', podOf('StatefulSet', 'backup', 'u2'), false],
  ['DaemonSet', { metadata: { labels } }, false],
] as const)('a %s named backup has %j for its own: %s', (kind, pod, isOwn) => {
  expect(ownPods(workload(kind)).isOwn(pod as V1Pod)).toBe(isOwn);
});
