import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { AnyObject, Kube } from '../../kube/index.ts';
import type { KubeDeps } from '../../kube/retrying-kube.ts';
import { check } from './check.ts';

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
  });
  return found.map(({ would }) => would);
}

describe('an object whose dry run fails', () => {
  it('is applied all the same if what it lacks comes with the same push', async () => {
    const lacks = (name: string) => () => refusal(`pods "a" is forbidden: serviceaccount "${name}" not found`);
    const apply = (name: string) => (name === 'a' ? lacks('b')() : undefined);
    expect(await checked([object('a'), object('b')], { apply })).toEqual(['later', 'create']);
    await expect(checked([object('a')], { apply: lacks('c') })).rejects.toThrow('serviceaccount "c" not found');
    // It is there already: then it is not what is missing.
    await expect(checked([object('a'), object('b')], { apply, live: object })).rejects.toThrow('not found');
  });

  it('because a webhook supports no dry run is applied all the same', async () => {
    const apply = () => refusal('the API server refuses ConfigMap/a: admission webhook "x.y" does not support dry run');
    expect(await checked([object('a')], { apply })).toEqual(['later']);
  });
});

describe('the dry run of all objects', () => {
  it('reports everything that is refused at once', async () => {
    const checking = checked([object('a'), object('b')], { apply: (name) => refusal(`no ${name}`) });
    await expect(checking).rejects.toMatchObject({ message: 'no a (and 1 object more)', evidence: ['no b'] });
  });

  it('refuses an object of another namespace, whatever the API server says', async () => {
    await expect(checked([object('a', 'other')], {})).rejects.toThrow('this Remote deploys to shop only');
    const lacking = () => refusal('namespaces "b" not found');
    await expect(checked([object('a', 'b'), object('b')], { apply: lacking })).rejects.toMatchObject({
      hint: ['leave metadata.namespace out: it is set to shop'],
    });
  });

  it('refuses objects that take more room than there is', async () => {
    const large = { ...object('a'), data: { a: 'x'.repeat(33 * 1024 ** 2) } };
    await expect(checked([object('a')], { live: () => large })).rejects.toThrow('32 MiB and more in the cluster');
  });

  it('refuses nothing when the cluster does not answer', async () => {
    const apply = () => new GitkubeError('ClusterForbidden', 'gitkube may not act as me');
    await expect(checked([object('a')], { apply })).rejects.toMatchObject({ reason: 'ClusterForbidden' });
  });
});
