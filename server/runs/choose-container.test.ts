import { describe, expect, it } from 'vitest';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import { chooseContainer, releasedImage } from './choose-container.ts';

const target = (name: string, ...containers: string[]) => ({
  ...{ kind: 'Deployment', name },
  containers: containers.map((one) => ({ name: one, path: '.', dockerfile: 'Dockerfile', buildArgs: [] })),
});
const remote = {
  ...{ id: 'ns/shop', namespace: 'ns', name: 'shop' },
  deployments: [target('www', 'web', 'sidecar'), target('jobs', 'worker', 'sidecar')],
} as unknown as Remote;
const release = {
  number: 7,
  record: { images: [{ deployment: 'jobs', container: 'worker', image: 'r/worker@sha256:1' }] },
} as unknown as Release;

describe('the container of a run', () => {
  it.each([
    ['web', 'www', 'web'],
    ['www/web', 'www', 'web'],
    ['jobs/sidecar', 'jobs', 'sidecar'],
  ])('%s is found', (wanted, workload, container) => {
    expect(chooseContainer(remote, wanted)).toEqual({
      workload: { kind: 'Deployment', namespace: 'ns', name: workload },
      container,
    });
  });

  it.each([
    ['sidecar', '2 workloads have a container sidecar', ['name one of them: www/sidecar, jobs/sidecar']],
    [
      'wbe',
      'ns/shop has no container wbe',
      ['did you mean web?', 'it has www/web, www/sidecar, jobs/worker, jobs/sidecar'],
    ],
    ['jobs/web', 'ns/shop has no container jobs/web', expect.any(Array)],
    ['www', 'ns/shop has no container www', expect.any(Array)],
  ])('%s is refused', (wanted, message, hint) => {
    expect(() => chooseContainer(remote, wanted)).toThrow(expect.objectContaining({ message, hint }));
  });
});

describe('the image of a run', () => {
  it('is the one of the last release', () => {
    expect(releasedImage(release, remote, chooseContainer(remote, 'worker'))).toBe('r/worker@sha256:1');
  });

  it('is missing before a release has one', () => {
    const web = chooseContainer(remote, 'web');
    expect(() => releasedImage(undefined, remote, web)).toThrow('nothing was released to ns/shop yet');
    expect(() => releasedImage(release, remote, web)).toThrow('releases/7 has no image for www/web');
  });
});
