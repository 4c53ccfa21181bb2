import { describe, expect, it } from 'vitest';
import type { AppliedObject, PreparedManifests } from '../../applier/index.ts';
import { onItsOwn } from '../../base/common-end.ts';
import type { DeploymentTarget, Remote } from '../../remote-crd/index.ts';
import { changesAfter, companionOf } from './manifests.ts';

const target = (kind: string, name: string) => ({ kind, name, containers: [] }) as unknown as DeploymentTarget;
const objects = ['Deployment/web', 'Deployment/worker', 'Deployment/theirs', 'Job/migrate', 'CronJob/nightly'].map(
  (one) => {
    const [kind = '', name = ''] = one.split('/');
    return { apiVersion: 'v1', kind, metadata: { name } };
  },
);
const manifests = { objects } as unknown as PreparedManifests;
const applied = objects.map(
  (after): AppliedObject => ({
    ref: { apiVersion: 'v1', kind: after.kind, name: after.metadata.name },
    did: 'change',
    specChanged: after.metadata.name === 'worker',
    after,
  }),
);
const others = [target('Deployment', 'theirs')];
const own = [{ target: target('Deployment', 'web'), images: { web: 'web@sha256:1' } }];

describe('what a push of manifests waits for', () => {
  const remote = { deployments: [target('Deployment', 'web')] } as unknown as Remote;
  const changes = changesAfter(remote, own, manifests, others, applied);

  it('are all workloads of the manifests, but those that another Remote deploys', () => {
    expect(changes.map(({ target: { kind, name }, applied: specChanged }) => [`${kind}/${name}`, specChanged])).toEqual(
      [
        ['Deployment/web', undefined],
        ['Deployment/worker', true],
        ['CronJob/nightly', undefined],
      ],
    );
    expect(changes[0]?.images).toEqual({ web: 'web@sha256:1' });
  });

  it('is everything else beside them, and what is not ready is named beside what failed', async () => {
    const waited: string[] = [];
    const companion = companionOf(
      {
        waitUntilReady: async (_, rest, { unready }) => {
          waited.push(
            ...rest.map(({ ref }) => ref.name),
            ...(await unready({ apiVersion: 'v1', kind: 'Job', name: 'migrate' })),
          );
        },
        unready: async (_, all, except) =>
          all.filter(({ ref }) => !except(ref)).map(({ ref }) => `${ref.name} is late`),
      },
      manifests,
      applied,
      { changes, others, timeoutSeconds: 1, say: () => {} },
    );
    await companion.wait(new AbortController().signal, onItsOwn());
    expect(waited).toEqual(['migrate', 'web is late', 'worker is late', 'nightly is late']);
    expect(await companion.unready([{ kind: 'Deployment', name: 'web' }])).toEqual([
      'worker is late',
      'migrate is late',
      'nightly is late',
    ]);
  });
});
