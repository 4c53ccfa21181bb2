import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../test/support/thrown-by.ts';
import { makeDeployment } from '../testing/objects.ts';
import { checkFound } from './find.ts';

const www = { kind: 'Deployment' as const, namespace: 'default', name: 'www', containers: ['app', 'migrate'] };

describe('finding the workloads of a Remote', () => {
  it('accepts containers and init containers', () => {
    checkFound([www], [makeDeployment({ images: { app: 'x' }, initImages: { migrate: 'x' } })]);
  });

  it('names namespace, Deployment, the missing container and those that exist', () => {
    const error = thrownBy(() =>
      checkFound([{ ...www, containers: ['ap'] }], [makeDeployment({ images: { app: 'x', log: 'y' } })]),
    );
    expect(error.reason).toBe('ContainerNotFound');
    expect(error.message).toBe('Deployment www in namespace default has no container ap, it has app, log');
    expect(error.hint[0]).toBe(
      'correct the name of the container in spec.deployments, perhaps to app: kubectl edit remote',
    );
  });

  it('reports all problems at once', () => {
    const error = thrownBy(() =>
      checkFound([www, { ...www, name: 'api' }], [makeDeployment({ images: { web: 'x' } }), undefined]),
    );
    expect(error.message.split('; ')).toEqual([
      'Deployment www in namespace default has no container app, it has web',
      'Deployment www in namespace default has no container migrate, it has web',
      'there is no Deployment api in namespace default',
    ]);
  });

  it('names the kind that exists by that name', () => {
    const db = { ...www, kind: 'StatefulSet' as const, name: 'db' };
    const error = thrownBy(() => checkFound([db], [undefined], new Map([[db, { kinds: ['Deployment'], names: [] }]])));
    expect(error.message).toBe('there is no StatefulSet db in namespace default, but a Deployment of that name');
    expect(error.hint).toEqual(['set kind: Deployment for db in spec.deployments: kubectl edit remote']);
    expect(thrownBy(() => checkFound([db], [undefined])).hint).toEqual([
      'create StatefulSet db with the containers app, migrate, whose images Gitkube replaces',
    ]);
  });

  it('names those of its kind that exist, the one that is nearest first', () => {
    const wwww = { ...www, name: 'wwww', containers: ['app'] };
    const error = thrownBy(() =>
      checkFound([wwww], [undefined], new Map([[wwww, { kinds: [], names: ['api', 'www'] }]])),
    );
    expect(error.hint).toEqual([
      'correct the name in spec.deployments (namespace default has www, api): kubectl edit remote',
      'or create Deployment wwww with a container app, whose image Gitkube replaces: kubectl -n default create deployment wwww --image=placeholder.invalid/app',
    ]);
  });

  it('does not take a Deployment that is being deleted', () => {
    const deployment = makeDeployment();
    const metadata = { ...deployment.metadata, deletionTimestamp: new Date() };
    const error = thrownBy(() => checkFound([{ ...www, containers: ['app'] }], [{ ...deployment, metadata }]));
    expect(error.reason).toBe('WorkloadNotFound');
  });
});
