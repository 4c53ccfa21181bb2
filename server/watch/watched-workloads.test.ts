import { expect, it } from 'vitest';
import type { DeploymentTarget } from '../../remote-crd/index.ts';
import type { ReleaseRecord } from '../git/release.ts';
import { watchedWorkloads } from './watched-workloads.ts';

it('the workloads of a release are those that the Remote named and those of its manifests that no other Remote deploys', () => {
  const target = { kind: 'Deployment', containers: [] } as const;
  const others: DeploymentTarget[] = [
    { ...target, name: 'www' },
    { ...target, name: 'api' },
    { ...target, kind: 'DaemonSet', name: 'agent' },
  ];
  const image = { buildKey: 'k', built: true };
  const record = {
    images: [
      { ...image, deployment: 'www', container: 'app', image: 'r/app@1' },
      { ...image, deployment: 'www', container: 'side', image: 'r/side@1' },
      { ...image, deployment: 'db', kind: 'StatefulSet', container: 'db', image: 'r/db@1' },
    ],
    objects: [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'www' },
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
      { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'other', name: 'agent' },
      { apiVersion: 'v1', kind: 'Service', name: 'www' },
    ],
  } as unknown as ReleaseRecord;
  expect(watchedWorkloads({ record }, 'ns', others)).toEqual([
    { kind: 'Deployment', namespace: 'ns', name: 'www', images: { app: 'r/app@1', side: 'r/side@1' } },
    { kind: 'StatefulSet', namespace: 'ns', name: 'db', images: { db: 'r/db@1' } },
    { kind: 'DaemonSet', namespace: 'other', name: 'agent', images: {} },
  ]);
});
