import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../kube/kube.ts';
import { judge, needsTime } from './judge.ts';

function object(kind: string, fields: object = {}, apiVersion = 'v1'): AnyObject {
  return { apiVersion, kind, metadata: { name: 'one', uid: 'first' }, ...fields };
}

describe('an object that was applied', () => {
  it('has failed when somebody deletes it, also when another one has its name', () => {
    const after = object('ConfigMap');
    expect(judge({ after }, { seen: { object: after, gone: true } })).toEqual({
      kind: 'gone',
      why: 'somebody deleted it',
    });
    const other = { ...after, metadata: { name: 'one', uid: 'second' } };
    expect(judge({ after }, { seen: { object: other, gone: false } }).kind).toBe('gone');
  });

  it('has not failed when it is a Job that is gone because it has finished', () => {
    const complete = { status: { conditions: [{ type: 'Complete', status: 'True' }] } };
    const after = object('Job', { spec: { ttlSecondsAfterFinished: 0 } }, 'batch/v1');
    expect(judge({ after }, { seen: { object: { ...after, ...complete }, gone: true } }).kind).toBe('current');
    expect(judge({ after }, { seen: { object: after, gone: true } }).kind).toBe('unknown');
    const kept = object('Job', { spec: {} }, 'batch/v1');
    expect(judge({ after: kept }, { seen: { object: kept, gone: true } }).kind).toBe('gone');
  });

  it('is judged by how it ended, also while it is deleted after that, and when it is gone', () => {
    const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] };
    const job = object('Job', { spec: { ttlSecondsAfterFinished: 0 } }, 'batch/v1');
    const ended = (type: string) => {
      const status = { conditions: [{ type, status: 'True', reason: 'Because' }] };
      return { ...job, metadata: { ...job.metadata, ...leaving }, status };
    };
    expect(judge({ after: job }, { seen: { object: ended('Complete'), gone: false } }).kind).toBe('current');
    expect(judge({ after: job }, { seen: { object: ended('Failed'), gone: false } }).kind).toBe('failed');
    expect(judge({ after: job }, { seen: { object: ended('Suspended'), gone: false } }).kind).toBe('terminating');
    const once = object('Pod');
    const succeeded = { ...once, metadata: { ...once.metadata, ...leaving }, status: { phase: 'Succeeded' } };
    for (const gone of [false, true]) {
      expect(judge({ after: once }, { seen: { object: succeeded, gone } }).kind).toBe('current');
    }
    const running = { ...succeeded, status: { phase: 'Running' } };
    expect(judge({ after: once }, { seen: { object: running, gone: false } }).kind).toBe('terminating');
  });

  it('has not crashed as a pod whose containers this push has changed, and which the kubelet starts after a delay', () => {
    const pod = (containerID: string, state: object, ended?: string): AnyObject => {
      const lastState = ended === undefined ? {} : { terminated: { containerID: ended, exitCode: 137 } };
      const status = { phase: 'Running', containerStatuses: [{ name: 'web', containerID, state, lastState }] };
      return object('Pod', { status });
    };
    const backOff = { waiting: { reason: 'CrashLoopBackOff' } };
    const after = pod('old', { running: {} });
    const sight = (found: AnyObject) => ({ seen: { object: found, gone: false } });
    const changed = { after, specChanged: true };
    expect(judge(changed, sight(pod('old', backOff, 'old'))).kind).toBe('waiting');
    expect(judge(changed, sight(pod('new', backOff, 'new'))).kind).toBe('failed');
    // It was held back for the change before, and nobody has started it since.
    const held = { after: pod('older', backOff, 'older'), specChanged: true };
    expect(judge(held, sight(pod('older', backOff, 'older'))).kind).toBe('waiting');
    expect(judge({ ...held, specChanged: false }, sight(pod('older', backOff, 'older'))).kind).toBe('failed');
  });

  it('is waited for as a claim, but not when an event says that it waits for its first pod', () => {
    const after = object('PersistentVolumeClaim', { status: { phase: 'Pending' } });
    const claims = (waits: boolean, words?: string) => ({ waitsForPod: () => waits, words: () => words });
    expect(judge({ after }, { claims: claims(true) }).kind).toBe('current');
    expect(judge({ after }, { claims: claims(false, 'no such class') })).toEqual({
      kind: 'waiting',
      why: 'a volume: no such class',
    });
    const lost = { ...after, status: { phase: 'Lost' } };
    expect(judge({ after }, { seen: { object: lost, gone: false }, claims: claims(true) }).kind).toBe('waiting');
  });

  it.each([
    ['a pod that runs', object('Pod', { status: { phase: 'Running' } }), true],
    ['a pod that has ended', object('Pod', { status: { phase: 'Succeeded' } }), false],
    ['an object of the API server', object('Service'), false],
    ['a custom object', object('Widget', {}, 'example.com/v1'), true],
    [
      'a custom object that says what it is about',
      object('Widget', { status: { observedGeneration: 1 } }, 'a.b/v1'),
      false,
    ],
  ])('counts after a while or at once: %s', (_, found, needs) => {
    expect(needsTime(found)).toBe(needs);
  });
});
