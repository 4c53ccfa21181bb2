import { describe, expect, it } from 'vitest';
import type { Workload } from '../../kube/kube.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { diffLive } from './live-diff.ts';

const remote = (id: string, ...containers: string[]) =>
  ({
    id,
    uid: id,
    namespace: 'ns',
    deployments: [{ kind: 'Deployment', name: 'web', containers: containers.map((name) => ({ name })) }],
  }) as unknown as Remote;
const recorded = (container: string) => ({ deployment: 'web', container, image: `r/${container}@sha256:1` });
const release = { number: 7, record: { images: ['app', 'side'].map(recorded) } } as unknown as Release;

/** A Remote without manifests, whose Deployment has these containers now. */
async function compare(now: Record<string, string> | undefined, others: readonly Remote[] = []) {
  const containers = Object.entries(now ?? {}).map(([name, image]) => ({ name, image }));
  const field = { 'f:image': {} };
  const fieldsV1 = {
    'f:spec': {
      'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': field, 'k:{"name":"side"}': field } } },
    },
  };
  const managedFields = [{ manager: 'gitkube', operation: 'Update', time: new Date('2026-01-01'), fieldsV1 }];
  const metadata = { name: 'web', namespace: 'ns', managedFields };
  const live = { kind: 'Deployment', metadata, spec: { template: { spec: { containers } } } } as unknown as Workload;
  const own = remote('ns/app', 'app', 'side');
  const nobody = async () => Promise.reject(new Error('no manifests'));
  const { objects } = await diffLive(
    {
      kube: { getWorkload: async () => (now ? live : undefined), getSecret: async () => undefined },
      applier: { compare: nobody, prepare: nobody, render: nobody },
    },
    {
      remote: own,
      remotes: [own, ...others],
      repository: {} as Repository,
      release,
      signal: new AbortController().signal,
    },
  );
  return objects;
}

describe('a workload that no manifest has', () => {
  it('is the same as long as the containers of the Remote run their images', async () => {
    expect(await compare({ app: 'r/app@sha256:1', side: 'r/side@sha256:1', injected: 'x' })).toMatchObject([
      { state: 'same' },
    ]);
  });

  it('differs by an image, by a container that is gone, and by its absence', async () => {
    const image = 'spec.template.spec.containers[app].image';
    expect(await compare({ app: 'other' })).toMatchObject([
      {
        state: 'changed',
        changes: [
          { path: image, from: 'r/app@sha256:1', to: 'other', by: 'gitkube', at: '2026-01-01T00:00:00.000Z' },
          { path: 'container side', from: 'r/side@sha256:1' },
        ],
      },
    ]);
    expect(await compare(undefined)).toEqual([
      { kind: 'Deployment', name: 'web', namespace: 'ns', state: 'missing', changes: [] },
    ]);
  });

  it('names the other Remote whose push has set an image', async () => {
    const now = { app: 'other', side: 'r/side@sha256:1' };
    expect(await compare(now, [remote('ns/other', 'app')])).toMatchObject([
      { changes: [{ by: 'gitkube for ns/other' }] },
    ]);
  });
});
