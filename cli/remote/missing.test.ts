import { describe, expect, it } from 'vitest';
import type { NamedObject } from '../../kube/object-admin.ts';
import { parseRemote } from '../../remote-crd/index.ts';
import { missingOf } from './missing.ts';

function warnings(spec: object, there: readonly string[]): Promise<string[]> {
  const metadata = { name: 'app', namespace: 'shop', uid: '1' };
  const remote = parseRemote({ apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', metadata, spec });
  const getObject = async <T extends NamedObject>({ kind, metadata: { name } }: NamedObject) => {
    if (there.includes('nothing may be seen')) throw new Error('forbidden');
    const envFrom = there.includes('reader') ? [{ secretRef: { name: 'web-env' } }] : [];
    const object = { kind, spec: { template: { spec: { containers: [{ envFrom }] } } } };
    return there.includes(`${kind}/${name}`) ? (object as unknown as T) : undefined;
  };
  return missingOf(remote, { getObject });
}

const deployments = [
  { name: 'www', containers: [{ name: 'www' }] },
  { name: 'tick', kind: 'CronJob', containers: [{ name: 'tick' }] },
];
const registry = { url: 'registry.example.com', credentials: { secretRef: 'reg' } };

describe('what a new Remote lacks', () => {
  it('is each workload and Secret that is not there', async () => {
    expect(await warnings({ deployments, registry }, ['Deployment/www'])).toEqual([
      'there is no CronJob tick in namespace shop: every push is refused until it is created',
      expect.stringMatching(
        /^there is no Secret reg in namespace shop: kubectl -n shop create secret docker-registry reg/,
      ),
    ]);
    expect(await warnings({ deployments, registry }, ['Deployment/www', 'CronJob/tick', 'Secret/reg'])).toEqual([]);
  });

  it('is the account, and no workload, where manifests may create it', async () => {
    expect(await warnings({ deployments, manifests: { path: 'k8s' } }, [])).toEqual([
      expect.stringMatching(/^there is no ServiceAccount gitkube-deployer in namespace shop/),
    ]);
  });

  it('is the env, or a workload that reads it', async () => {
    const spec = { deployments: deployments.slice(0, 1), env: { secret: 'web-env' } };
    expect(await warnings(spec, ['Deployment/www'])).toEqual([
      'there is no Secret web-env in namespace shop: kubectl -n shop create secret generic web-env',
    ]);
    expect(await warnings(spec, ['Deployment/www', 'Secret/web-env'])).toEqual([
      expect.stringMatching(/^no workload of the Remote reads Secret web-env by envFrom or valueFrom/),
    ]);
    expect(await warnings(spec, ['Deployment/www', 'Secret/web-env', 'reader'])).toEqual([]);
    expect(await warnings(spec, ['nothing may be seen'])).toEqual([]);
  });

  it('is unknown to somebody who may not look', async () => {
    expect(await warnings({ deployments, registry }, ['nothing may be seen'])).toEqual([]);
  });
});
