import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { AnyObject, Kube } from '../../kube/index.ts';
import type { KubeDeps } from '../../kube/retrying-kube.ts';
import { check, folded } from './check.ts';

const object = (name: string, namespace = 'shop'): AnyObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
});
const remote = { namespace: 'shop', name: 'app' };
const refusal = (message: string) => new GitkubeError('ManifestsRefused', message);

/** What the API server says to an object; what it takes comes back. */
interface Answers {
  readonly live?: (name: string) => AnyObject | undefined;
  readonly apply?: (name: string) => GitkubeError | undefined;
}

async function checked(objects: readonly AnyObject[], { live = () => undefined, apply = () => undefined }: Answers) {
  const kube: Pick<Kube, 'applyObject' | 'getObject' | 'resourceKind'> = {
    resourceKind: async () => ({ plural: 'configmaps', namespaced: true }),
    getObject: async ({ name }) => live(name),
    applyObject: async (wanted) => {
      const error = apply(wanted.metadata.name);
      if (error) throw error;
      return { object: wanted, warnings: [] };
    },
  };
  const deps: KubeDeps = { kube: kube as Kube, clock: systemClock, log: silentLogger };
  const signal = new AbortController().signal;
  const found = await check(deps, objects, { remote, remotes: () => [remote] }, (one) => one, {
    as: 'me',
    signal,
    say: () => {},
    isSame: () => false,
    originOf: ({ metadata }) => `${metadata.name}.yaml`,
    refused: [],
  });
  return found.map(({ would }) => would);
}

describe('an object whose dry run fails', () => {
  it('is applied if what it lacks comes with the same push', async () => {
    const lacks = (name: string) => () => refusal(`pods "a" is forbidden: serviceaccount "${name}" not found`);
    const apply = (name: string) => (name === 'a' ? lacks('b')() : undefined);
    expect(await checked([object('a'), object('b')], { apply })).toEqual(['later', 'create']);
    await expect(checked([object('a')], { apply: lacks('c') })).rejects.toThrow('serviceaccount "c" not found');
    // It is there already: then it is not what is missing.
    await expect(checked([object('a'), object('b')], { apply, live: object })).rejects.toThrow('not found');
  });

  it('because a webhook supports no dry run is still applied', async () => {
    const apply = () => refusal('the API server refuses ConfigMap/a: admission webhook "x.y" does not support dry run');
    expect(await checked([object('a')], { apply })).toEqual(['later']);
  });
});

describe('an object that kubectl apply created and whose dry run is refused', () => {
  const fields = (manager: string, operation: string, ...keys: string[]) => [
    { manager, operation, fieldsV1: { 'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) } },
  ];
  const live = (name: string): AnyObject => {
    const one = object(name);
    return { ...one, metadata: { ...one.metadata, managedFields: fields('kubectl-client-side-apply', 'Update', 'a') } };
  };
  const wanted = (...keys: string[]): AnyObject => {
    const one = object('one');
    return { ...one, metadata: { ...one.metadata, managedFields: fields('gitkube', 'Apply', ...keys) } };
  };
  const beside = (why: string, alone?: string) => (name: string) => {
    const words = name === 'one' ? why : alone;
    return words === undefined ? undefined : refusal(`the API server refuses it: ConfigMap "x" is invalid: ${words}`);
  };

  it('is applied if the manifest alone is valid, and a field leaves when the object is taken over', async () => {
    const apply = beside('b: may not be beside a');
    expect(await checked([wanted('b')], { live, apply })).toEqual(['change']);
    await expect(checked([wanted('a')], { live, apply })).rejects.toThrow('may not be beside a');
    await expect(checked([wanted('b')], { live: object, apply })).rejects.toThrow('may not be beside a');
  });

  it('is refused if the manifest alone is invalid, or the object cannot be changed', async () => {
    await expect(checked([wanted('b')], { live, apply: beside('b is bad', 'b is bad') })).rejects.toThrow('b is bad');
    const apply = beside('b: field is immutable');
    await expect(checked([wanted('b')], { live, apply })).rejects.toThrow('immutable');
  });
});

it('several errors as one have the object before each hint, and one for all of them once', () => {
  const error = (object: string, hint: string[]) =>
    new GitkubeError('ManifestsRefused', `a.yaml: the API server refuses ${object}: no`, { hint });
  const create = ['create the account:', 'kubectl create serviceaccount a'];
  const all = [error('Job/a', create), error('Job/b', create), error('CronJob/c', ['use batch/v1'])];
  expect(folded(all).hint).toEqual([...create, 'CronJob/c: use batch/v1']);
});

describe('the dry run of all objects', () => {
  it('reports everything that is refused at once', async () => {
    const checking = checked([object('a'), object('b')], { apply: (name) => refusal(`no ${name}`) });
    await expect(checking).rejects.toMatchObject({
      message: 'a.yaml: no a (and 1 other error)',
      evidence: ['error: b.yaml: no b'],
    });
  });

  it('refuses an object of another namespace, whatever the API server says', async () => {
    await expect(checked([object('a', 'other')], {})).rejects.toThrow(
      'a.yaml: ConfigMap/a sets namespace other, but this Remote deploys to shop',
    );
    const lacking = () => refusal('namespaces "b" not found');
    await expect(checked([object('a', 'b'), object('b')], { apply: lacking })).rejects.toMatchObject({
      hint: [
        'remove metadata.namespace, and Gitkube applies ConfigMap/a in shop; if it belongs in b, apply it with kubectl instead',
      ],
    });
  });

  it('refuses objects that are larger together than the limit', async () => {
    const large = { ...object('a'), data: { a: 'x'.repeat(33 * 1024 ** 2) } };
    await expect(checked([object('a')], { live: () => large })).rejects.toThrow('more than 32 MiB in the cluster');
  });

  it('refuses nothing when the cluster does not answer', async () => {
    const apply = () => new GitkubeError('ClusterForbidden', 'gitkube may not impersonate me');
    await expect(checked([object('a')], { apply })).rejects.toMatchObject({ reason: 'ClusterForbidden' });
  });
});
