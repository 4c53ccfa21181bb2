import { describe, expect, it } from 'vitest';
import type { RemoteObject } from '../../kube/index.ts';
import { environmentRows, firstPlace, remoteRow, wideColumns } from './status.ts';

const remote = (spec: unknown, status: unknown = {}) => ({ metadata: { name: 'app' }, spec, status }) as RemoteObject;
const environments = [{ name: 'qa', branch: 'develop' }];

describe('where a first push goes', () => {
  it.each([
    ['the branch of the status', remote({ branch: 'main' }, { branch: 'trunk' }), 'trunk', ''],
    ['that of the spec', remote({ branch: 'live', deployments: [{}], environments }), 'live', ''],
    ['main', remote({ branch: null, deployments: null, environments: null, manifests: null }), 'main', ''],
    ['main where nothing is there', remote(undefined, null), 'main', ''],
    ['that of the first environment where there is nothing else', remote({ environments }), 'develop', 'qa'],
    ['that of the Remote where manifests are', remote({ environments, manifests: { path: 'k8s' } }), 'main', ''],
  ])('is %s', (_, object, branch, environment) => {
    expect(firstPlace(object)).toEqual({ branch, environment });
  });
});

it('a row has a cell for each column, also that of an environment', () => {
  const found = remote({}, { httpsUrl: 'https://git.example.com/shop/app', environments: [{ name: 'qa' }] });
  const row = remoteRow(found, 0);
  expect(row[wideColumns.indexOf('HTTPS URL')]).toBe('https://git.example.com/shop/app');
  expect([row, ...environmentRows(found)].map(({ length }) => length)).toEqual(Array(2).fill(wideColumns.length));
});
