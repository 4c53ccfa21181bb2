import { describe, expect, it } from 'vitest';
import { placeObjects } from './namespace-objects.ts';

const scopes: Readonly<Record<string, boolean>> = {
  'v1 ConfigMap': true,
  'v1 Namespace': false,
  'v1 Service': true,
  'apps/v1 Deployment': true,
  'apiextensions.k8s.io/v1 CustomResourceDefinition': false,
};
const kube = {
  resourceKind: async (apiVersion: string, kind: string) => {
    const namespaced = scopes[`${apiVersion} ${kind}`];
    return namespaced === undefined ? undefined : { plural: '', namespaced };
  },
};
const manifest = (apiVersion: string, kind: string, name = 'a', more: object = {}) => ({
  object: { apiVersion, kind, metadata: { name }, ...more },
  origin: `${kind}.yaml`,
});
async function placed(...manifests: ReturnType<typeof manifest>[]) {
  const { objects, refused } = await placeObjects(kube, manifests, { namespace: 'shop', name: 'app' });
  for (const error of refused) throw error;
  return objects;
}

describe('objects', () => {
  it('come in the order in which they need each other, those of unknown kinds last', async () => {
    const definition = manifest('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'rockets.example.com', {
      spec: { group: 'example.com', scope: 'Namespaced', names: { kind: 'Rocket' }, versions: [{ name: 'v1' }] },
    });
    const found = await placed(
      manifest('example.com/v1', 'Rocket'),
      manifest('apps/v1', 'Deployment'),
      manifest('v1', 'Service'),
      manifest('v1', 'ConfigMap'),
      definition,
    );
    expect(found.map(({ kind }) => kind)).toEqual([
      'CustomResourceDefinition',
      'ConfigMap',
      'Service',
      'Deployment',
      'Rocket',
    ]);
    expect(found.at(-1)?.metadata.namespace).toBe('shop');
  });

  it('of a removed API version are refused with the version that has their kind now', async () => {
    await expect(placed(manifest('extensions/v1beta1', 'Deployment'))).rejects.toMatchObject({
      reason: 'ManifestsInvalid',
      message: expect.stringContaining(
        'Deployment/a: this cluster has no kind Deployment in apiVersion extensions/v1beta1',
      ),
      hint: [
        expect.stringContaining('use apiVersion: apps/v1; to see its fields, type: kubectl explain deployment.spec'),
      ],
    });
    await expect(placed(manifest('example.com/v1', 'Rocket'))).rejects.toMatchObject({
      hint: ['to see the kinds that there are, type: kubectl api-resources'],
    });
  });

  it('that the manifests have twice are refused', async () => {
    await expect(placed(manifest('v1', 'ConfigMap'), manifest('v1', 'ConfigMap'))).rejects.toThrow(
      'ConfigMap/a is defined twice (ConfigMap.yaml)',
    );
  });
});
