import { describe, expect, it } from 'vitest';
import type { RemoteObject } from '../../kube/index.ts';
import { firstPlace } from './status.ts';

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
