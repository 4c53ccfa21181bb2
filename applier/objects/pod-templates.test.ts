import { describe, expect, it } from 'vitest';
import { imagesOf, withImages } from './pod-templates.ts';

const podSpec = {
  containers: [
    { name: 'web', image: 'placeholder' },
    { name: 'proxy', image: 'envoy:1' },
  ],
  initContainers: [{ name: 'migrate', image: 'placeholder' }],
};
const object = (kind: string, spec: object) => ({ apiVersion: 'v1', kind, metadata: { name: 'a' }, spec });
const workloads = [
  object('Pod', podSpec),
  object('Deployment', { template: { spec: podSpec } }),
  object('CronJob', { jobTemplate: { spec: { template: { spec: podSpec } } } }),
];

describe.each(workloads)('the images of a $kind', (workload) => {
  it('are found and set by container, others stay', () => {
    const changed = withImages(workload, { web: 'web@sha256:1', migrate: 'web@sha256:1' });
    expect(imagesOf(changed)).toEqual({ web: 'web@sha256:1', proxy: 'envoy:1', migrate: 'web@sha256:1' });
    expect(imagesOf(workload)).toMatchObject({ web: 'placeholder' });
  });
});

describe('an object that is no workload', () => {
  it.each([
    object('ConfigMap', {}),
    object('Deployment', { template: 'none' }),
    object('Deployment', { template: { spec: { containers: 'none' } } }),
    object('Deployment', { template: { spec: { containers: [null, 7, { image: 'nameless' }] } } }),
  ])('has no images: %j', (odd) => {
    expect(imagesOf(odd)).toEqual({});
    expect(withImages(odd, { web: 'x' })).toEqual(odd);
  });
});
