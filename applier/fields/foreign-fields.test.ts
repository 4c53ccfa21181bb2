import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../kube/kube.ts';
import { adoptedFields, hasLostOwners } from './adopt.ts';
import { foreignLines, removedLine } from './foreign-fields.ts';
import { losesItems } from './leaving-fields.ts';
import { type FieldSet, minus, pathsOf, union } from './managed-fields.ts';

/** `{spec: {a: {}}}` as a set of fields. */
function fields(tree: object): FieldSet {
  return Object.fromEntries(
    Object.entries(tree).map(([key, below]) => [/^(\.|[kv]:)/.test(key) ? key : `f:${key}`, fields(below)]),
  );
}

const entry = (manager: string, tree: object, operation = 'Update', subresource?: string) => ({
  manager,
  operation,
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1: fields(tree),
  ...(subresource ? { subresource } : {}),
});

function deployment(...managedFields: object[]): AnyObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'www', managedFields } };
}

const env = (...names: string[]) => ({
  spec: {
    env: Object.fromEntries(names.map((name) => [`k:{"name":"${name}"}`, { '.': {}, name: {}, value: {} }])),
  },
});
const value = (name: string) => ({ spec: { env: { [`k:{"name":"${name}"}`]: { value: {} } } } });
const again = { isOurs: true, isSame: false };

describe('sets of fields', () => {
  const [a, b] = [
    fields({ spec: { one: {}, two: { three: {} } } }),
    fields({ spec: { two: { three: {}, four: {} } } }),
  ];

  it('are united and subtracted', () => {
    expect(union(a, b)).toEqual(fields({ spec: { one: {}, two: { three: {}, four: {} } } }));
    expect(minus(a, b)).toEqual(fields({ spec: { one: {} } }));
    expect(minus(a, a)).toEqual({});
  });

  it('are named by their paths, an item as a whole', () => {
    expect(pathsOf(a)).toEqual(['spec.one', 'spec.two.three']);
    expect(pathsOf(fields(env('OLD')))).toEqual(['spec.env[OLD]']);
    expect(pathsOf(fields(value('OLD')))).toEqual(['spec.env[OLD].value']);
    expect(pathsOf({ 'f:finalizers': { 'v:"a.b/c"': {} } })).toEqual(['finalizers[a.b/c]']);
  });
});

describe('a field that kubectl apply has set', () => {
  const live = deployment(entry('kubectl-client-side-apply', env('OLD', 'KEPT')), entry('kubectl-set', env('NEW')));

  it('belongs to the manifests from the first apply on', () => {
    expect(adoptedFields(live, false)).toEqual([
      entry('gitkube', env('OLD', 'KEPT'), 'Apply'),
      entry('kubectl-set', env('NEW')),
    ]);
  });

  it('is added to the fields that the manifests had', () => {
    const both = deployment(entry('gitkube', env('KEPT'), 'Apply'), entry('kubectl-client-side-apply', env('OLD')));
    expect(adoptedFields(both, true)).toEqual([entry('gitkube', env('KEPT', 'OLD'), 'Apply')]);
  });

  it('is removed unless the manifests have it, which is reported; a default comes back', () => {
    const item = (name: string) => ({ name, value: '1' });
    const defaults = union(fields(env('OLD', 'KEPT')), fields({ spec: { paused: {} } }));
    const applied = { ...entry('kubectl-client-side-apply', {}), fieldsV1: defaults };
    const before = {
      ...deployment(applied, entry('kubectl-set', env('NEW'))),
      spec: { paused: false, env: ['OLD', 'KEPT', 'NEW'].map(item) },
    };
    const tried = deployment(entry('gitkube', env('KEPT'), 'Apply'), entry('kubectl-set', env('NEW')));
    const after = { ...tried, spec: { paused: false, env: ['KEPT', 'NEW'].map(item) } };
    expect(removedLine(before, after, false)).toBe(
      'Deployment/www: removed, because the manifest does not have it: spec.env[OLD]',
    );
    expect(losesItems(before, tried, false)).toBe(true);
    expect(losesItems(after, tried, false)).toBe(false);
    expect(foreignLines(before, tried, { isOurs: false, isSame: false })).toEqual([
      'Deployment/www: keeps spec.env[NEW], which kubectl-set has set and the manifest does not have',
    ]);
  });

  it.each(['helm', 'kubectl', 'kubectl-create', 'kubectl-replace'])(
    'or %s has set belongs to the manifests from the first apply only',
    (manager) => {
      const made = deployment(entry(manager, env('OLD')));
      expect(adoptedFields(made, false)).toEqual([entry('gitkube', env('OLD'), 'Apply')]);
      expect(adoptedFields(made, true)).toBeUndefined();
    },
  );

  it('is not confused with what a controller has set', () => {
    const status = entry('kubectl-client-side-apply', env('OLD'), 'Update', 'status');
    expect(adoptedFields(deployment(status, entry('kube-controller-manager', env('OLD'))), false)).toBeUndefined();
  });

  it('is known to have lost its owner when a failed push is restored', () => {
    const adopted = deployment(entry('gitkube', env('OLD', 'KEPT'), 'Apply'), entry('kubectl-set', env('NEW')));
    expect(hasLostOwners(live, adopted)).toBe(true);
    expect(hasLostOwners(live, live)).toBe(false);
  });
});

describe('a field that somebody else', () => {
  const mine = entry('gitkube', env('COLOR'), 'Apply');

  it('has changed is overwritten, which is reported', () => {
    const live = deployment(
      entry('gitkube', { spec: { env: { 'k:{"name":"COLOR"}': { '.': {}, name: {} } } } }, 'Apply'),
      entry('kubectl-set', value('COLOR')),
    );
    expect(foreignLines(live, deployment(mine), again)).toEqual([
      'Deployment/www: kubectl-set has set spec.env[COLOR].value; what the manifest says is applied over it',
    ]);
  });

  it('has changed by kubectl apply is overwritten, which is reported unless the object is new to the Remote', () => {
    const before = entry('gitkube', env('SIZE'), 'Apply');
    const live = deployment(before, entry('kubectl-client-side-apply', union(value('COLOR'), env('OLD'))));
    const tried = deployment(mine, entry('kubectl-client-side-apply', env('OLD')));
    expect(foreignLines(live, tried, again)).toEqual([
      'Deployment/www: kubectl-client-side-apply has set spec.env[COLOR].value; what the manifest says is applied over it',
    ]);
    expect(foreignLines(live, tried, { isOurs: false, isSame: false })).toEqual([]);
  });

  it('has removed is set again, which is reported when the manifest is the same', () => {
    const live = deployment(entry('gitkube', { spec: { env: {} } }, 'Apply'));
    expect(foreignLines(live, deployment(mine), { isOurs: true, isSame: true })).toEqual([
      'Deployment/www: somebody has removed spec.env[COLOR], which is set again',
    ]);
    expect(foreignLines(live, deployment(mine), again)).toEqual([]);
    // Somebody has since set it to the same value: nobody owns it, and it is there.
    const there = { ...live, spec: { env: [{ name: 'COLOR', value: 'green' }] } };
    expect(foreignLines(there, deployment(mine), { isOurs: true, isSame: true })).toEqual([]);
  });

  it('has not set, because Gitkube adds it, is not reported', () => {
    const note = { metadata: { annotations: { 'gitkube.sh/config': {} } } };
    const tried = deployment(entry('gitkube', { ...note, spec: { template: note } }, 'Apply'));
    expect(foreignLines(deployment(entry('gitkube', {}, 'Apply')), tried, { isOurs: true, isSame: true })).toEqual([]);
  });

  it('owns as well, a controller has added, or Gitkube itself has patched, is not reported', () => {
    const others = [
      entry('kubectl-edit', env('COLOR')),
      entry('kube-controller-manager', { status: { replicas: {} } }, 'Update', 'status'),
      entry('cert-manager-cainjector', { spec: { caBundle: {} } }),
      entry('kubectl-rollout', { spec: { restartedAt: {} } }),
    ];
    const live = deployment(mine, ...others, entry('gitkube', env('IMAGE')));
    expect(foreignLines(live, deployment(mine, ...others), { isOurs: true, isSame: true })).toEqual([]);
  });
});
