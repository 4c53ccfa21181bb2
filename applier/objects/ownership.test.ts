import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../kube/index.ts';
import { inventoryLabel, labelOf } from './objects.ts';
import { ownerOf, refuseForeign } from './ownership.ts';

const remote = { namespace: 'shop', name: 'web' };
const api = { namespace: 'shop', name: 'api' };
const longName = { namespace: 'shop', name: 'a'.repeat(70) };
const elsewhere = { namespace: 'bank', name: 'gone' };
const ownership = { remote, remotes: () => [remote, api, longName, elsewhere] };

function object(label: string | undefined, namespace: string | undefined = 'shop'): AnyObject {
  const labels = label === undefined ? {} : { [inventoryLabel]: label };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', labels, ...(namespace && { namespace }) },
  };
}

describe('an object that is there already', () => {
  it.each([
    ['without a label is of nobody', object(undefined), { kind: 'nobody' }],
    ['with the label of this Remote is of this one', object('web'), { kind: 'this' }],
    ['of another Remote is of that one', object('api'), { kind: 'other', remote: api }],
    [
      'of a Remote with a long name is of that one',
      object(labelOf(longName, true)),
      { kind: 'other', remote: longName },
    ],
    ['of a Remote that was deleted is of none', object('gone'), { kind: 'gone', label: 'gone' }],
    [
      'of the cluster names the namespace of its Remote, too',
      object('bank.gone', ''),
      { kind: 'other', remote: elsewhere },
    ],
    ['of the cluster may be of this one', object('shop.web', ''), { kind: 'this' }],
  ])('%s', (_, live, owner) => {
    expect(ownerOf(live, ownership)).toEqual(owner);
  });

  it('is refused with its Remote and what to type when it belongs to another Remote', () => {
    expect(() => refuseForeign(object('web'), ownership)).not.toThrow();
    expect(() => refuseForeign(object('gone'), ownership)).not.toThrow();
    expect(() => refuseForeign(object('api'), ownership)).toThrow(
      expect.objectContaining({
        reason: 'ManifestsRefused',
        message: 'ConfigMap/settings belongs to the Remote shop/api, which has applied it',
        hint: expect.arrayContaining([
          'or hand it over, before the other Remote leaves it out: kubectl -n shop label configmap settings gitkube.sh/remote-',
        ]),
      }),
    );
  });
});
