import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { AnyObject } from '../../kube/index.ts';
import { type Judging, liveChanges } from './live-changes.ts';

const image = { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {} } } } } };
const entry = (manager: string, fields: object, time: string, more: object = {}) => ({
  manager,
  operation: 'Update',
  time,
  fieldsV1: { 'f:spec': fields },
  ...more,
});
const replicas = { 'f:replicas': {} };
const applied = (fields: object) => entry('gitkube', fields, '2026-01-01T00:00:00Z', { operation: 'Apply' });

function workload(spec: { replicas?: number; image?: string }, managedFields: object[] = []): AnyObject {
  const containers = [{ name: 'web', image: spec.image ?? 'web:1' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'ns', managedFields },
    spec: { replicas: spec.replicas ?? 1, template: { spec: { containers } } },
  };
}

const alone: Judging = { isOurs: () => false, otherOf: () => undefined, secrets: [] };

/** What is read of a workload of a release, with one replica and the image web:1, that is now so. */
const read = (live: AnyObject, judging = alone) =>
  liveChanges({ wanted: workload({}), live, tried: workload({}) }, judging);

describe('an object of the last release', () => {
  it('that somebody has edited names the last one who has set the field, and when', () => {
    const edits = [
      applied({ 'f:selector': {} }),
      entry('kubectl-edit', image, '2026-01-02T00:00:00Z'),
      entry('kubectl-set', image, '2026-01-03T00:00:00Z'),
      entry('kubectl-edit', replicas, '2026-01-04T00:00:00Z'),
    ];
    expect(read(workload({ image: 'web:2' }, edits))).toEqual({
      kind: 'Deployment',
      name: 'web',
      namespace: 'ns',
      state: 'changed',
      changes: [
        {
          path: 'spec.template.spec.containers[web].image',
          from: 'web:1',
          to: 'web:2',
          by: 'kubectl-set',
          at: '2026-01-03T00:00:00Z',
        },
      ],
    });
  });

  it('that an autoscaler has scaled is the same, and says so', () => {
    const scale = (manager: string) => [
      applied({ 'f:selector': {} }),
      entry(manager, replicas, '2026-01-02T00:00:00Z', { subresource: 'scale' }),
    ];
    expect(read(workload({ replicas: 5 }, scale('kube-controller-manager')))).toMatchObject({
      state: 'same',
      changes: [{ path: 'spec.replicas', from: 1, to: 5, note: 'set by an autoscaler, left alone' }],
    });
    const byHand = read(workload({ replicas: 5 }, scale('kubectl')));
    expect(byHand).toMatchObject({ state: 'changed', changes: [{ by: 'kubectl' }] });
    expect(byHand.changes[0]?.note).toBeUndefined();
  });

  it('whose count the last deploy has left as somebody had set it is the same', () => {
    const both = [applied(replicas), entry('kubectl', replicas, '2026-01-02T00:00:00Z', { subresource: 'scale' })];
    expect(read(workload({ replicas: 5 }, both))).toMatchObject({
      state: 'same',
      changes: [{ note: 'left as it was by the last deploy' }],
    });
  });

  it('with the image of another Remote is the same, unless this one deploys it, too', () => {
    const live = workload({ image: 'other:1' }, [entry('gitkube', image, '2026-01-02T00:00:00Z')]);
    const otherOf = () => 'ns/other';
    expect(read(live, { isOurs: () => false, otherOf, secrets: [] })).toMatchObject({
      state: 'same',
      changes: [{ by: 'gitkube for ns/other', note: 'deployed by the Remote ns/other' }],
    });
    expect(read(live, { isOurs: () => true, otherOf, secrets: [] })).toMatchObject({
      state: 'changed',
      changes: [{ by: 'gitkube for ns/other' }],
    });
  });

  it('that is gone, goes, or cannot be looked at is one line', () => {
    const wanted = workload({});
    expect(liveChanges({ wanted }, alone)).toMatchObject({ state: 'missing', changes: [] });
    expect(liveChanges({ wanted, live: wanted }, alone)).toMatchObject({ state: 'deleting' });
    const problem = new GitkubeError('ManifestsRefused', 'the webhook\u001b[31m says no');
    expect(liveChanges({ wanted, live: wanted, problem }, alone)).toMatchObject({
      state: 'unknown',
      problem: 'the webhook says no',
    });
  });

  it('that is a Job which deletes itself when it has ended is not missed', () => {
    const job = (spec: object): AnyObject => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' }, spec });
    expect(liveChanges({ wanted: job({ ttlSecondsAfterFinished: 0 }) }, alone)).toMatchObject({ state: 'same' });
    expect(liveChanges({ wanted: job({}) }, alone)).toMatchObject({ state: 'missing' });
  });
});
