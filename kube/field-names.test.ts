import { describe, expect, it } from 'vitest';
import { fieldsBeside, undeclaredField } from './field-names.ts';
import type { Transport } from './transport.ts';

const one = (name: string) => ({ default: {}, allOf: [{ $ref: `#/components/schemas/${name}` }] });
const schemas = {
  Other: { 'x-kubernetes-group-version-kind': [{ kind: 'StatefulSet' }], properties: { nothing: {} } },
  Deployment: { 'x-kubernetes-group-version-kind': [{ kind: 'Deployment' }], properties: { spec: one('Spec') } },
  Spec: {
    properties: { replicas: {}, containers: { items: one('Container') }, by: { additionalProperties: one('Spec') } },
  },
  Container: { properties: { image: {}, readinessProbe: {} } },
};

function serving(body: string, status = 200) {
  const asked: string[] = [];
  const transport: Pick<Transport, 'url' | 'send'> = {
    url: (path) => new URL(`https://api${path}`),
    send: async ({ url }) => {
      asked.push(url.pathname);
      return { status, headers: {}, body };
    },
  };
  const beside = (path: string[], of = { apiVersion: 'apps/v1', kind: 'Deployment' }) =>
    fieldsBeside(transport as Transport, of, path);
  return { asked, beside };
}

describe('the fields beside one that a kind does not have', () => {
  const body = JSON.stringify({ components: { schemas } });

  it.each([
    [['sepc'], ['spec']],
    [
      ['spec', 'replica'],
      ['replicas', 'containers', 'by'],
    ],
    [
      ['spec', 'containers', 'readynessProbe'],
      ['image', 'readinessProbe'],
    ],
    [
      ['spec', 'by', 'anything', 'containers', 'imagee'],
      ['image', 'readinessProbe'],
    ],
    [['spec', 'constructor', 'name'], []],
  ])('%j are %j', async (path, fields) => {
    expect(await serving(body).beside(path)).toEqual(fields);
  });

  it('are asked for by the version of the kind', async () => {
    const { asked, beside } = serving(body);
    await beside(['x']);
    await beside(['x'], { apiVersion: 'v1', kind: 'Service' });
    expect(asked).toEqual(['/openapi/v3/apis/apps/v1', '/openapi/v3/api/v1']);
  });

  it('are none where the API server does not say', async () => {
    expect(await serving('not found', 404).beside(['sepc'])).toEqual([]);
    expect(await serving('{').beside(['sepc'])).toEqual([]);
    expect(await serving(body).beside(['sepc'], { apiVersion: 'apps/v1', kind: 'ReplicaSet' })).toEqual([]);
  });
});

it.each([
  [
    'failed to create typed patch object (shop/www; v1, Kind=Service): .spec.tempalte: field not declared in schema',
    ['spec', 'tempalte'],
  ],
  ['x: .spec.ports[port=80,protocol="TCP"].nam: field not declared in schema', ['spec', 'ports', 'nam']],
  ['x: .spec.mounts[mountPath="/a.b:c]"].nam: field not declared in schema', ['spec', 'mounts', 'nam']],
  ['.spec.selector: field is immutable', undefined],
])('the field that %s names is %j', (message, path) => {
  expect(undeclaredField(message)).toEqual(path);
});
