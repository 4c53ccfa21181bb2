import { describe, expect, it } from 'vitest';
import type { DeploymentTarget, Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import { selectImages } from './release-images.ts';

const target = (name: string, ...containers: string[]): DeploymentTarget => ({
  kind: 'Deployment',
  name,
  containers: containers.map((one) => ({ name: one, path: one, dockerfile: `${one}/Dockerfile`, buildArgs: [] })),
});
const remote = (...deployments: DeploymentTarget[]) => ({ id: 'default/app', deployments }) as unknown as Remote;
const recorded = (deployment: string, container: string) => ({
  deployment,
  container,
  image: `registry.test/${deployment}-${container}@sha256:1`,
  buildKey: 'k',
  built: true,
});
const release = (...images: ReturnType<typeof recorded>[]) => ({ number: 7, record: { images } }) as unknown as Release;

describe('a rollback to a release', () => {
  it('uses its images, as they were recorded, and builds none', () => {
    const {
      images,
      remote: changed,
      lines,
    } = selectImages(remote(target('web', 'app')), release(recorded('web', 'app')));
    expect(images).toMatchObject([
      {
        label: 'web/app',
        reference: 'registry.test/web-app@sha256:1',
        repository: 'registry.test/web-app',
        digest: 'sha256:1',
        built: false,
      },
    ]);
    expect(changed.deployments).toMatchObject([{ name: 'web', containers: [{ name: 'app' }] }]);
    expect(lines).toEqual([]);
  });

  it('leaves alone a container, or a workload, that the release does not know', () => {
    const now = remote(target('web', 'app', 'sidecar'), target('worker', 'worker'));
    const { remote: changed, lines } = selectImages(now, release(recorded('web', 'app')));
    expect(changed.deployments).toMatchObject([{ name: 'web', containers: [{ name: 'app' }] }]);
    expect(lines).toEqual([
      'web/sidecar: not in releases/7, stays as it is',
      'worker/worker: not in releases/7, stays as it is',
    ]);
  });

  it('leaves alone a container that the Remote no longer names, but for the manifests of that commit', () => {
    const old = release(recorded('web', 'app'), recorded('web', 'sidecar'), recorded('old', 'old'));
    const { images, released, byWorkload, lines } = selectImages(remote(target('web', 'app')), old);
    expect(images.map(({ label }) => label)).toEqual(['web/app']);
    expect(lines).toEqual([
      'web/sidecar: no longer in default/app, stays as it is',
      'old/old: no longer in default/app, stays as it is',
    ]);
    expect(released.deployments).toMatchObject([
      { name: 'web', containers: [{ name: 'app', path: 'app' }, { name: 'sidecar' }] },
      { name: 'old', kind: 'Deployment', containers: [{ name: 'old' }] },
    ]);
    expect(byWorkload).toMatchObject({
      web: { sidecar: 'registry.test/web-sidecar@sha256:1' },
      old: { old: expect.any(String) },
    });
  });
});
