import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../kube/kube.ts';
import { objectStatus } from './object-status.ts';

interface Case {
  readonly case: string;
  readonly kstatus: string;
  readonly here?: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly generation: number;
  readonly spec?: object;
  readonly status?: object;
}

const table = load(readFileSync(new URL('../testing/kstatus.yaml', import.meta.url), 'utf8')) as Case[];

function object(apiVersion: string, kind: string, status?: object, spec?: object, metadata: object = {}): AnyObject {
  return {
    apiVersion,
    kind,
    metadata: { name: 'test', generation: 1, ...metadata },
    ...(spec ? { spec } : {}),
    ...(status ? { status } : {}),
  };
}

const conditions = (type: string, status: string, reason = '', message = '') => ({
  conditions: [{ type, status, reason, message }],
});

describe('the status of an object', () => {
  it.each(table)('is what kstatus says: $case', ({ apiVersion, kind, generation, spec, status, kstatus, here }) => {
    const found = objectStatus(object(apiVersion, kind, status, spec, { generation }));
    expect(found.kind).toBe(here ?? kstatus);
  });

  it('differs from that of kstatus only in what ran and failed, what still runs, and what has no node yet', () => {
    const other = table.filter((one) => one.here !== undefined && one.here !== 'unknown');
    expect(other.map((one) => one.case)).toEqual(['podCompletedFailed', 'podUnschedulable', 'jobInProgress']);
  });

  it('has the words of the condition', () => {
    const failed = conditions('Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
    expect(objectStatus(object('batch/v1', 'Job', failed))).toEqual({
      kind: 'failed',
      why: 'Job has reached the specified backoff limit (BackoffLimitExceeded)',
    });
    const notReady = conditions('Ready', 'False', 'NoQuota', 'the quota is used up');
    expect(objectStatus(object('example.com/v1', 'Database', notReady))).toEqual({
      kind: 'waiting',
      why: 'the quota is used up',
    });
  });

  it.each([
    ['Reconciling', 'waiting'],
    ['Stalled', 'failed'],
  ])('follows the condition %s, whatever else the object says', (type, kind) => {
    const status = {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type, status: 'True', reason: 'Why' },
      ],
    };
    expect(objectStatus(object('example.com/v1', 'Database', status))).toEqual({ kind, why: 'Why' });
  });

  it('is terminating once the object is being deleted', () => {
    const going = object('v1', 'ConfigMap', undefined, undefined, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(objectStatus(going).kind).toBe('terminating');
  });

  it('is unknown for a custom object without a status, and current for a built-in one', () => {
    expect(objectStatus(object('example.com/v1', 'Database', { phase: 'Broken' })).kind).toBe('unknown');
    expect(objectStatus(object('example.com/v1', 'Database', { observedGeneration: 1 })).kind).toBe('current');
    expect(objectStatus(object('rbac.authorization.k8s.io/v1', 'Role')).kind).toBe('current');
  });

  it('of a Job that is suspended on purpose is not waited for', () => {
    const suspended = conditions('Suspended', 'True');
    expect(objectStatus(object('batch/v1', 'Job', suspended, { suspend: true })).kind).toBe('current');
    expect(objectStatus(object('batch/v1', 'Job', suspended, {})).kind).toBe('waiting');
  });

  it('of a Job whose parallelism is 0 is current once that is observed and its pods have ended', () => {
    const status = (more: object) => objectStatus(object('batch/v1', 'Job', more, { parallelism: 0 }));
    const startTime = '2026-01-01T00:00:00Z';
    expect(status({}).kind).toBe('waiting');
    expect(status({ startTime, active: 1 })).toEqual({ kind: 'waiting', why: 'its pods to end, 1 pod active' });
    expect(status({ startTime })).toEqual({ kind: 'current', words: 'its parallelism is 0, not waited for' });
    expect(status({ startTime, ...conditions('Failed', 'True') }).kind).toBe('failed');
  });

  it.each([
    ['apps/v1', 'Deployment', conditions('Available', 'True'), { progressDeadlineSeconds: 2_147_483_647 }],
    ['apps/v1', 'StatefulSet', {}, {}],
    ['apps/v1', 'ReplicaSet', {}, {}],
    ['v1', 'ReplicationController', {}, {}],
    ['batch/v1', 'CronJob', {}, { suspend: true }],
  ])('of %s %s that runs nothing on purpose is current', (apiVersion, kind, status, spec) => {
    const seen = { ...status, observedGeneration: 1 };
    expect(objectStatus(object(apiVersion, kind, seen, { replicas: 0, ...spec })).kind).toBe('current');
  });

  it('of a StatefulSet follows its partition and its strategy', () => {
    const status = { observedGeneration: 1, replicas: 3, readyReplicas: 3, updatedReplicas: 1 };
    const spec = (partition: number) => ({ replicas: 3, updateStrategy: { rollingUpdate: { partition } } });
    expect(objectStatus(object('apps/v1', 'StatefulSet', status, spec(2))).kind).toBe('current');
    expect(objectStatus(object('apps/v1', 'StatefulSet', status, spec(1))).kind).toBe('waiting');
    const onDelete = { replicas: 3, updateStrategy: { type: 'OnDelete' } };
    expect(objectStatus(object('apps/v1', 'StatefulSet', {}, onDelete)).kind).toBe('current');
  });

  it('of a Deployment that is over its own deadline is a failure', () => {
    const status = conditions('Progressing', 'False', 'ProgressDeadlineExceeded', 'has timed out progressing');
    expect(objectStatus(object('apps/v1', 'Deployment', status))).toEqual({
      kind: 'failed',
      why: 'has timed out progressing',
    });
  });
});
