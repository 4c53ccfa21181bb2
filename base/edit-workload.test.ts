import { expect, it } from 'vitest';
import { namingManifests, namingWorkload } from './edit-workload.ts';

const www = { kind: 'Deployment', namespace: 'shop', name: 'www' };

it.each([
  ['or correct it in the pod template', 'or correct it in the pod template, in k8s'],
  ['set maxSurge: 0 in the Deployment, with downtime', 'set maxSurge: 0 in the Deployment, in k8s, with downtime'],
])('a hint about a workload names the command, or where its manifest is: %s', (hint, inManifests) => {
  const named = namingWorkload(hint, www);
  expect(named).toBe(`${hint}: kubectl -n shop edit deployment www`);
  expect(namingWorkload(named, www)).toBe(named);
  expect(namingManifests(named, 'k8s')).toBe(inManifests);
  expect(namingManifests(named, '.')).toBe(inManifests.replace('k8s', 'the manifests'));
});

it('a workload that the manifests do not have is changed in the cluster', () => {
  const named = namingWorkload('correct it in the pod template', www);
  expect(namingManifests(named, 'k8s', [{ kind: 'Deployment', name: 'www' }])).toContain('in k8s');
  expect(namingManifests(named, 'k8s', [{ kind: 'StatefulSet', name: 'www' }])).toBe(named);
  expect(namingManifests(named, 'k8s', [])).toBe(named);
});

it.each(['or label a node: kubectl label node <node> disk=ssd', 'set spec.branch: kubectl -n shop edit remote app'])(
  'another hint stays as it is: %s',
  (hint) => {
    expect(namingManifests(namingWorkload(hint, www), 'k8s')).toBe(hint);
  },
);
