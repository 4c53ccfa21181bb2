import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { AnyObject, Kube } from '../../kube/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { findSurplus, prune } from './prune.ts';

const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'old' };

function live(metadata: object = {}): AnyObject {
  const labels = { 'gitkube.sh/remote': 'app' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'old', uid: 'one', labels, ...metadata } };
}

/** A cluster with one object. */
function lab(object: AnyObject | undefined) {
  const lines: string[] = [];
  let there = object;
  const kube: Pick<Kube, 'deleteObject' | 'getObject'> = {
    getObject: async () => there,
    deleteObject: async () => {
      const finalizers = there?.metadata.finalizers;
      there = finalizers ? live({ finalizers, deletionTimestamp: '2026-01-01T00:00:00Z' }) : undefined;
      return true;
    },
  };
  const deps = { kube: kube as Kube, clock: new ManualClock(), log: silentLogger };
  const work = { as: 'me', remote: { namespace: 'shop', name: 'app' }, say: (line: string) => void lines.push(line) };
  return { deps, work, lines };
}

describe('an object that the manifests no longer have', () => {
  it('is deleted while its label is ours', async () => {
    const { deps, work } = lab(live());
    expect(await findSurplus(deps, [], [[ref]], [], work)).toEqual([ref]);
    const other = lab(live({ labels: {} }));
    expect(await findSurplus(other.deps, [], [[ref]], [], other.work)).toEqual([]);
  });

  it('stays where its annotation says so, as with Helm', async () => {
    const { deps, work, lines } = lab(live({ annotations: { 'helm.sh/resource-policy': 'keep' } }));
    expect(await findSurplus(deps, [], [[ref]], [], work)).toEqual([]);
    expect(lines).toEqual([
      'ConfigMap/old: is no longer in the manifests and stays: kubectl -n shop delete configmap old',
    ]);
  });

  it('stays where the account may not read it, and fails no push', async () => {
    const { deps, work, lines } = lab(live());
    const refused = async () => Promise.reject(new GitkubeError('ManifestsRefused', 'configmaps is forbidden'));
    const kube = { ...deps.kube, getObject: refused } as unknown as Kube;
    expect(await findSurplus({ ...deps, kube }, [], [[ref]], [], work)).toEqual([]);
    expect(lines).toEqual(['ConfigMap/old: is no longer in the manifests and stays: configmaps is forbidden']);
    expect(await findSurplus({ ...deps, kube }, [], [[], [ref]], [], work)).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  it('fails the push where it cannot be read for another reason', async () => {
    const { deps, work } = lab(live());
    const failed = async () => Promise.reject(new GitkubeError('ManifestsInvalid', 'anything else'));
    const kube = { ...deps.kube, getObject: failed } as unknown as Kube;
    await expect(findSurplus({ ...deps, kube }, [], [[ref]], [], work)).rejects.toThrow('anything else');
  });

  it('is not reported as gone while something holds it', async () => {
    const free = lab(live());
    await prune(free.deps, [ref], free.work);
    expect(free.lines).toEqual(['ConfigMap/old: is no longer in the manifests, deleted']);
    const held = lab(live({ finalizers: ['example.com/hold'] }));
    await prune(held.deps, [ref], held.work);
    expect(held.lines).toEqual([
      'ConfigMap/old: is no longer in the manifests and is deleted, but held by its finalizers ["example.com/hold"]',
    ]);
  });
});
