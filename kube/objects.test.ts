import { describe, expect, it } from 'vitest';
import { parseObject } from './objects.ts';

const time = '2026-01-02T03:04:05Z';
const date = new Date(time);
const pods = { path: '/api/v1/namespaces/shop/pods' };
const parsed = (value: unknown, collection = pods) => parseObject(JSON.stringify(value), collection);

describe('times', () => {
  it('of built-in kinds are dates, wherever they stand', () => {
    const managedFields = [{ manager: 'kubelet', time, fieldsV1: { 'f:metadata': { 'f:name': {} } } }];
    const state = { running: { startedAt: time } };
    const object = { metadata: { creationTimestamp: time, managedFields }, status: { containerStatuses: [{ state }] } };
    expect(parsed({ type: 'ADDED', object })).toEqual({
      type: 'ADDED',
      object: {
        metadata: { creationTimestamp: date, managedFields: [{ ...managedFields[0], time: date }] },
        status: { containerStatuses: [{ state: { running: { startedAt: date } } }] },
      },
    });
  });

  it('stay as they are where they are text of a user, null, or malformed', () => {
    const object = { metadata: { annotations: { note: time }, deletionTimestamp: null }, lastTimestamp: 'yesterday' };
    expect(parsed({ items: [object, null, time] })).toEqual({ items: [object, null, time] });
  });

  it('of a custom resource stay text', () => {
    const object = { metadata: { creationTimestamp: time } };
    expect(parsed(object, { path: '/apis/gitkube.sh/v1alpha1/remotes' })).toEqual(object);
  });
});

it('an answer that is not JSON is undefined', () => {
  expect(parseObject('{', pods)).toBeUndefined();
});
