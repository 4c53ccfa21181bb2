import { describe, expect, it } from 'vitest';
import { fromObjectStatus } from './object-errors.ts';

const as = 'system:serviceaccount:shop:gitkube-deployer';
const ref = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', namespace: 'shop', name: 'reader' };

function refusal(message: string, hasRights: boolean, over: object = {}) {
  const status = { code: 403, reason: 'Forbidden', message, hasCauses: false };
  return fromObjectStatus(status, { ...ref, ...over }, { verb: 'patch', as, hasRights });
}

describe('a right that the account of manifests lacks', () => {
  const roles = `roles.rbac.authorization.k8s.io "reader" is forbidden: User "${as}" cannot patch resource "roles" in API group "rbac.authorization.k8s.io" in the namespace "shop"`;

  it('leads to the account and its binding where it has no rights at all', () => {
    expect(refusal(roles, false).hint).toEqual([
      'ask an administrator of the cluster to create ServiceAccount gitkube-deployer, which applies the manifests, and to bind ClusterRole edit to it:',
      'kubectl -n shop create serviceaccount gitkube-deployer',
      'kubectl -n shop create rolebinding gitkube-deployer --clusterrole=edit --serviceaccount=shop:gitkube-deployer',
    ]);
  });

  it('leads to a Role of its own where the account is bound already', () => {
    expect(refusal(roles, true).hint).toEqual([
      'ask an administrator of the cluster to type this, which lets ServiceAccount gitkube-deployer apply roles in namespace shop:',
      'kubectl -n shop create role gitkube-deployer-roles --verb=get,list,watch,create,patch,delete --resource=roles.rbac.authorization.k8s.io',
      'kubectl -n shop create rolebinding gitkube-deployer-roles --role=gitkube-deployer-roles --serviceaccount=shop:gitkube-deployer',
    ]);
    const core = `configmaps is forbidden: User "${as}" cannot patch resource "configmaps" in API group "" in the namespace "shop"`;
    expect(refusal(core, true, { kind: 'ConfigMap' }).hint[1]).toMatch(
      /create role \S+-configmaps .*--resource=configmaps$/,
    );
  });
});

describe('what an account may not do', () => {
  const words = (place: string) =>
    `roles.rbac.authorization.k8s.io "reader" is forbidden: User "${as}" cannot patch resource "roles" in API group "rbac.authorization.k8s.io" ${place}`;

  it.each([
    [
      true,
      {},
      'in the namespace "shop"',
      'Role/reader: ServiceAccount gitkube-deployer may not patch roles in namespace shop',
    ],
    [
      false,
      {},
      'in the namespace "shop"',
      'Role/reader: ServiceAccount gitkube-deployer may not patch roles in namespace shop, or does not exist',
    ],
    [
      false,
      { namespace: undefined },
      'in the namespace "more"',
      'Role/reader: ServiceAccount gitkube-deployer may not patch roles of the whole cluster',
    ],
  ])('is said in a sentence, with the words of the API server as evidence (%s, %j)', (hasRights, over, place, said) => {
    expect(refusal(words(place), hasRights, over)).toMatchObject({ message: said, evidence: [words(place)] });
  });
});

describe('an account that Gitkube may not impersonate', () => {
  const gitkube = 'system:serviceaccount:gitkube:gitkube';
  it.each([
    `serviceaccounts "gitkube-deployer" is forbidden: User "${gitkube}" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "shop"`,
    `jobs.batch "reader" is forbidden: User "${gitkube}" cannot impersonate-on:serviceaccount:patch resource "jobs" in API group "batch" in the namespace "shop"`,
  ])('leads to the value of the chart: %s', (message) => {
    const error = refusal(message, false);
    expect(error).toMatchObject({ reason: 'ClusterForbidden', message: `gitkube may not impersonate ${as}` });
    expect(error.hint).toEqual([expect.stringContaining('list gitkube-deployer in manifests.serviceAccounts')]);
  });
});

describe('a field that cannot be changed', () => {
  const hint = (apiVersion: string, kind: string, message = 'spec.selector: Invalid value: {}: field is immutable') => {
    const status = { code: 422, reason: 'Invalid', message, hasCauses: true };
    const of = { apiVersion, kind, namespace: 'shop', name: 'www' };
    return fromObjectStatus(status, of, { verb: 'patch', as, hasRights: true }).hint;
  };

  it.each([
    ['apps/v1', 'Deployment', ', which stops its pods: type kubectl -n shop delete deployment www, and try again'],
    ['batch/v1', 'Job', ', which stops its pods: type kubectl -n shop delete job www, and try again'],
    ['v1', 'Service', ', which gives it another address: type kubectl -n shop delete service www, and try again'],
  ])('leads to what replaces an object of %s %s, which holds no data', (apiVersion, kind, replaced) => {
    expect(hint(apiVersion, kind)).toEqual([
      `restore spec.selector in the manifest${kind === 'Service' ? '' : ', with pod labels that it matches'}, or rename the ${kind}`,
      `or replace the ${kind}${replaced}`,
    ]);
  });

  it('shows what the field is in the cluster, unless that is long or may be private', () => {
    const labels = { matchLabels: { app: 'www' } };
    const restored = (spec: object, field: string, apiVersion = 'apps/v1') => {
      const message = `spec.template.metadata.labels: does not match, ${field}: field is immutable`;
      const live = { apiVersion, kind: 'Deployment', metadata: { name: 'www' }, spec };
      const of = { apiVersion, kind: 'Deployment', namespace: 'shop', name: 'www' };
      const status = { code: 422, reason: 'Invalid', message, hasCauses: true };
      const [hint = ''] = fromObjectStatus(status, of, { verb: 'patch', as, hasRights: true, live }).hint;
      return hint.replace(/(?:, with pod labels that it matches)?, or rename.*/, '');
    };
    expect(restored({ selector: labels }, 'spec.selector')).toBe(
      'restore spec.selector: {"matchLabels":{"app":"www"}} in the manifest',
    );
    const unshown = 'restore spec.selector in the manifest';
    expect(restored({ selector: { matchLabels: { app: 'w'.repeat(120) } } }, 'spec.selector')).toBe(unshown);
    expect(restored({}, 'spec.selector')).toBe(unshown);
    expect(restored({ selector: labels }, 'spec.selector', 'example.com/v1')).toBe(unshown);
    expect(restored({ template: { spec: 1 } }, 'spec.template.spec')).toBe(
      'restore spec.template.spec in the manifest',
    );
  });

  it('that is restored without the labels of its pods leads to those', () => {
    const message =
      'spec.template.metadata.labels: Invalid value: {"app":"shop"}: `selector` does not match template `labels`';
    expect(hint('apps/v1', 'Deployment', message)).toEqual([
      'set labels of the pod template that spec.selector matches',
    ]);
  });

  it('names what goes with a StatefulSet', () => {
    expect(hint('apps/v1', 'StatefulSet').join()).toContain(
      'which stops its pods and may delete their claims with the data (persistentVolumeClaimRetentionPolicy): type kubectl',
    );
  });

  it.each([
    ['v1', 'PersistentVolumeClaim'],
    ['v1', 'Namespace'],
    ['v1', 'Secret'],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
    ['serving.knative.dev/v1', 'Service'],
    ['postgresql.cnpg.io/v1', 'Cluster'],
    ['v1', 'constructor'],
  ])('offers no deletion of %s %s', (apiVersion, kind) => {
    expect(hint(apiVersion, kind)).toEqual([`restore spec.selector in the manifest, or rename the ${kind}`]);
  });
});

describe('a field that does not exist', () => {
  const hint = (apiVersion: string, fields: string[] = []) => {
    const message =
      'failed to create typed patch object (shop/www; v1, Kind=Service): .spec.tempalte: field not declared in schema';
    const status = { code: 500, reason: '', message, hasCauses: false };
    const of = { apiVersion, kind: 'Service', namespace: 'shop', name: 'www' };
    return fromObjectStatus(status, of, { verb: 'patch', as, hasRights: true, fields }).hint;
  };

  it('leads to the fields of that kind, and not of the core kind of the same name', () => {
    expect(hint('v1').join()).toMatch(/type: kubectl explain service\.spec$/);
    expect(hint('serving.knative.dev/v1').join()).toMatch(
      /type: kubectl explain service\.spec --api-version=serving\.knative\.dev\/v1$/,
    );
  });

  it('leads to the one that it is a slip of', () => {
    expect(hint('v1', ['selector', 'template'])).toEqual([
      'correct the name of the field: did you mean template?',
      'to list the fields, type: kubectl explain service.spec',
    ]);
    expect(hint('v1', ['selector'])).toEqual([
      'correct the name of the field; to list the fields, type: kubectl explain service.spec',
    ]);
  });
});
