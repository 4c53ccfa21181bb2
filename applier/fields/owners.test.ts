import { expect, it } from 'vitest';
import type { AnyObject } from '../../kube/index.ts';
import { ownersAt, type Step } from './owners.ts';

const object: AnyObject = {
  apiVersion: 'v1',
  kind: 'Any',
  metadata: {
    name: 'any',
    managedFields: [
      {
        manager: 'gitkube',
        operation: 'Apply',
        time: '2026-01-01T00:00:00Z',
        fieldsV1: { 'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } } } },
      },
      {
        manager: 'ada',
        operation: 'Update',
        time: '2026-01-03T00:00:00Z',
        fieldsV1: { 'f:spec': { 'f:args': {}, 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { 'f:name': {} } } } },
      },
      {
        manager: 'eve',
        operation: 'Update',
        time: '2026-01-02T00:00:00Z',
        fieldsV1: { 'f:metadata': { 'f:finalizers': { 'v:"hold"': {} } }, 'f:spec': { 'f:args': {} } },
      },
    ],
  },
};

const field = (name: string): Step => ({ field: name });
const item = (value: unknown, index = 0): Step => ({ item: value, index });
const who = (...path: Step[]) => ownersAt(object, path).map(({ manager }) => manager);

it('who has set a field is found by keys of items, by values, and in what was set as a whole, the last one first', () => {
  const port = item({ port: 80, protocol: 'TCP', name: 'web' });
  expect(who(field('spec'), field('ports'), port, field('name'))).toEqual(['ada', 'gitkube']);
  expect(who(field('spec'), field('ports'), item({ port: 81, protocol: 'TCP' }), field('name'))).toEqual([]);
  expect(who(field('metadata'), field('finalizers'), item('hold'))).toEqual(['eve']);
  expect(who(field('metadata'), field('finalizers'), item('other'))).toEqual([]);
  expect(who(field('spec'), field('args'), item('-v', 1))).toEqual(['ada', 'eve']);
  expect(who(field('spec'), field('replicas'))).toEqual([]);
  expect(who(field('spec'), field('ports'), port, field('targetPort'))).toEqual([]);
});
