import { describe, expect, it } from 'vitest';
import { comparableFields, forRemote, keyOf, labelOf, toManifests } from './objects.ts';

const origin = 'k8s/app.yaml';
const remote = { namespace: 'shop', name: 'app' };
const read = (...documents: unknown[]) => toManifests(documents, origin, () => {});
const refused = (document: unknown) => {
  try {
    read(document);
  } catch (error) {
    return (error as Error).message;
  }
  return 'taken';
};
const configMap = (metadata: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata });

describe('documents', () => {
  it('become objects; lists are taken apart, also lists in lists', () => {
    const list = (...items: unknown[]) => ({ apiVersion: 'v1', kind: 'List', items });
    const found = read(list(configMap({ name: 'a' }), list(configMap({ name: 'b' }))), null, configMap({ name: 'c' }));
    expect(found.map(({ object }) => object.metadata.name)).toEqual(['a', 'b', 'c']);
  });

  it('of a kind that is called a list and has a name become one object', () => {
    const document = { apiVersion: 'example.com/v1', kind: 'AllowList', metadata: { name: 'guests' }, items: [1] };
    expect(read(document)).toHaveLength(1);
  });

  it('that are not objects are reported and skipped', () => {
    const skipped: string[] = [];
    expect(toManifests([{ replicas: 2 }, 'words', 7], origin, (where) => skipped.push(where))).toEqual([]);
    expect(skipped).toEqual([origin, origin, origin]);
  });

  it.each<[string, unknown, string]>([
    ['without a kind', { apiVersion: 'v1', metadata: {} }, 'an object has an apiVersion and no kind'],
    ['without an apiVersion', { kind: 'Pod', metadata: { name: 'a' } }, 'a Pod has no apiVersion'],
    ['without metadata', { apiVersion: 'v1', kind: 'Pod' }, 'a Pod has no metadata'],
    ['with a generated name', configMap({ generateName: 'a-' }), 'one by generateName would be new with each push'],
    ['with a name that is a step up', configMap({ name: '..' }), 'no valid metadata.name'],
    ['with a name that is an escaped step up', configMap({ name: '%2e%2e' }), 'no valid metadata.name'],
    ['with a name that is no step', configMap({ name: '.' }), 'no valid metadata.name'],
    ['with a name that is two steps', configMap({ name: 'a/b' }), 'no valid metadata.name'],
    ['with a number for a name', configMap({ name: 7 }), 'no valid metadata.name'],
    ['with a namespace that is a step up', configMap({ name: 'a', namespace: '..' }), 'metadata.namespace of'],
    ['with a namespace that is no text', configMap({ name: 'a', namespace: ['b'] }), 'metadata.namespace of'],
    ['with labels that are none', configMap({ name: 'a', labels: 'b' }), 'metadata.labels of ConfigMap/a is not a map'],
  ])('%s are refused', (_, document, message) => {
    expect(refused(document)).toContain(`${origin}: `);
    expect(refused(document)).toContain(message);
  });
});

describe('an object of a Remote', () => {
  const placed = (metadata: object, namespaced = true) =>
    forRemote({ object: configMap({ name: 'a', ...metadata }) as never, origin }, remote, namespaced).metadata;

  it('has the label of its inventory, also when the manifest has another one', () => {
    expect(placed({ labels: { x: 'y', 'gitkube.sh/remote': 'other' } }).labels).toEqual({
      x: 'y',
      'gitkube.sh/remote': 'app',
    });
  });

  it('is in the namespace of the Remote; one that it names stays for the API server to refuse', () => {
    expect(placed({}).namespace).toBe('shop');
    expect(placed({ namespace: '' }).namespace).toBe('shop');
    expect(placed({ namespace: 'kube-system' }).namespace).toBe('kube-system');
  });

  it('of the cluster has no namespace, and names that of the Remote in its label', () => {
    const metadata = placed({ namespace: 'kube-system' }, false);
    expect(metadata.namespace).toBeUndefined();
    expect(metadata.labels).toEqual({ 'gitkube.sh/remote': 'shop.app' });
  });

  it('has a valid label that no other Remote has', () => {
    const long = (end: string) => labelOf({ namespace: 'n'.repeat(63), name: `${'a'.repeat(60)}${end}` }, false);
    expect(long('1')).toMatch(/^[a-z0-9.-]{1,63}$/);
    expect(long('1')).not.toBe(long('2'));
  });

  it('has the same key in whatever version it is written', () => {
    const entry = { kind: 'CronJob', namespace: 'shop', name: 'a' };
    expect(keyOf({ apiVersion: 'batch/v1beta1', ...entry })).toBe(keyOf({ apiVersion: 'batch/v1', ...entry }));
    expect(keyOf({ apiVersion: 'example.com/v1', ...entry })).not.toBe(keyOf({ apiVersion: 'batch/v1', ...entry }));
  });

  it('is compared without what the API server and its controllers write', () => {
    const live = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'a',
        uid: '1',
        resourceVersion: '2',
        generation: 3,
        creationTimestamp: null,
        managedFields: [],
        annotations: { 'deployment.kubernetes.io/revision': '4', mine: 'yes' },
      },
      spec: { replicas: 1 },
      status: { readyReplicas: 1 },
    };
    expect(comparableFields(live)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a', annotations: { mine: 'yes' } },
      spec: { replicas: 1 },
    });
  });
});
