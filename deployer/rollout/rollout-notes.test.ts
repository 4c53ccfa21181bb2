import { describe, expect, it } from 'vitest';
import type { Workload } from '../../kube/kube.ts';
import { makeDeployment } from '../testing/objects.ts';
import { makeCronJob, makeDaemonSet, makeStatefulSet } from '../testing/workloads.ts';
import { rolloutNotes } from './rollout-notes.ts';

const now = Date.parse('2026-03-01T10:17:30Z');
const words = (workload: Workload) => rolloutNotes(workload, now);
const onDelete = { updateStrategy: { type: 'OnDelete' } };
const partition = (number: number) => ({ updateStrategy: { rollingUpdate: { partition: number } } });

describe('the notes on a workload that has its new images', () => {
  it('are empty when all of it runs them', () => {
    expect([makeDeployment(), makeStatefulSet(), makeDaemonSet()].map(words)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('name the pods below the partition', () => {
    expect(words(makeStatefulSet({ spec: partition(1) }))).toBe('pod db-0 stays as before, below its partition 1');
    expect(words(makeStatefulSet({ spec: { ...partition(2), ordinals: { start: 5 } } }))).toBe(
      'pods db-5 to db-6 stay as before, below its partition 2',
    );
    expect(words(makeStatefulSet({ spec: partition(9) }))).toBe(
      'pods db-0 to db-2 stay as before, below its partition 9',
    );
  });

  it('count the pods that OnDelete leaves as they are', () => {
    expect(words(makeStatefulSet({ spec: onDelete, status: { updatedReplicas: 1 } }))).toBe(
      'its update strategy is OnDelete: 2 pods of db run the previous version until deleted',
    );
    expect(words(makeDaemonSet({ spec: onDelete, status: { updatedNumberScheduled: 1 } }))).toBe(
      'its update strategy is OnDelete: 1 pod of agent runs the previous version until deleted',
    );
    expect(words(makeStatefulSet({ spec: onDelete }))).toBeUndefined();
  });

  it('say that no node matches a DaemonSet', () => {
    expect(words(makeDaemonSet({ status: { desiredNumberScheduled: 0 } }))).toBe(
      'no node matches, so no pods will run',
    );
  });

  it('say when a CronJob runs next, as far as its schedule shows', () => {
    expect(words(makeCronJob())).toBe('runs with its next job (schedule 0 3 * * *)');
    expect(words(makeCronJob({ spec: { timeZone: 'Europe/Berlin' } }))).toBe(
      'runs with its next job, at 02:00 UTC (schedule 0 3 * * * Europe/Berlin)',
    );
    expect(words(makeCronJob({ spec: { schedule: '*/15 * * * *' } }))).toBe(
      'runs with its next job, at 10:30 UTC (schedule */15 * * * *)',
    );
    expect(words(makeCronJob({ spec: { schedule: '0 3 1 1 *', timeZone: 'UTC' } }))).toMatch(
      /^runs with its next job, at \d{4}-01-01 03:00 UTC/,
    );
  });

  it('say that a CronJob is suspended, and that a job under way goes on', () => {
    expect(words(makeCronJob({ spec: { suspend: true } }))).toBe('is suspended: no job starts until it is resumed');
    expect(words(makeCronJob({ status: { active: [{ name: 'report-1' }] } }))).toBe(
      'runs with its next job (schedule 0 3 * * *); 1 job under way goes on with the previous version',
    );
  });
});
