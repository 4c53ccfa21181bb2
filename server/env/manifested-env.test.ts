import { expect, it } from 'vitest';
import type { AnyObject } from '../../kube/kube.ts';
import { manifestedEnv } from './manifested-env.ts';

const ref = { kind: 'Secret', namespace: 'ns', name: 'web-env' } as const;
const object = (fields: object, kind = 'Secret', metadata: object = {}): AnyObject => ({
  ...{ apiVersion: 'v1', kind, metadata: { name: 'web-env', namespace: 'ns', ...metadata } },
  ...fields,
});

it('keys of the env that the manifests set, too, are named', () => {
  const has = 'env: the manifests have Secret web-env with A, B: each push sets these again, whatever env set has set';
  expect(manifestedEnv(ref, [object({ data: { B: 'eA==' }, stringData: { A: 'x', B: 'y' } })])).toEqual([has]);
});

it.each([
  ['it has no keys', object({})],
  ['it is another kind', object({ data: { A: '' } }, 'ConfigMap')],
  ['it is of another namespace', object({ data: { A: '' } }, 'Secret', { namespace: 'other' })],
  ['it has another name', object({ data: { A: '' } }, 'Secret', { name: 'other' })],
  ['it is of another API', { ...object({ data: { A: '' } }), apiVersion: 'example.com/v1' }],
])('an object of the manifests is no matter of the env where %s', (_, one) => {
  expect(manifestedEnv(ref, [one])).toEqual([]);
});
