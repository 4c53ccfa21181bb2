import { describe, expect, it } from 'vitest';
import type { Workload } from '../../kube/kube.ts';
import {
  crashing,
  failedCreate,
  makeControllerRevision,
  makeDaemonSet,
  makeOwnedPod,
  makeStatefulSet,
} from '../testing/workloads.ts';
import { evaluate, type RolloutEvaluation, type RolloutState, type RolloutTarget } from './rollout-evaluator.ts';

const rolling = { status: { readyReplicas: 2, availableReplicas: 2, updatedReplicas: 1 } };

function look(
  workload: Workload,
  over: Partial<RolloutState> = {},
  aim: Partial<RolloutTarget> = {},
): RolloutEvaluation {
  const { kind, metadata } = workload;
  const target: RolloutTarget = {
    kind,
    namespace: 'default',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    images: { app: 'new' },
    since: { generation: 2 },
    restartsBefore: new Map(),
    until: 'complete',
    restoring: false,
    ...aim,
  };
  return evaluate({ workload, revisions: [], pods: [], events: [], ...over }, target);
}

function reasons(evaluation: RolloutEvaluation): string[] {
  return evaluation.kind === 'waiting' ? evaluation.problems.map(({ reason }) => reason) : [evaluation.kind];
}

function inTheWay(evaluation: RolloutEvaluation): [string, number][] {
  const blockers = evaluation.kind === 'waiting' ? (evaluation.inTheWay ?? []) : [];
  return blockers.map(({ pod, graceMs }) => [pod.metadata?.name ?? '', graceMs]);
}

describe('the evaluation of a StatefulSet', () => {
  const ready = makeOwnedPod('db', 'db-2', 'db-new', { ready: true, probe: true });

  it('counts the pods that its partition lets through', () => {
    const spec = { updateStrategy: { rollingUpdate: { partition: 1 } } };
    const set = makeStatefulSet({ ...rolling, spec });
    const pods = [makeOwnedPod('db', 'db-1', 'db-new'), ready];
    expect(look(set, { pods })).toMatchObject({
      line: expect.stringMatching(/^1 of 2 new pods ready, waiting for db-1/),
    });
  });

  it('reports the crash of a new pod, never of an old one', () => {
    const oldPod = makeOwnedPod('db', 'db-0', 'db-old', { statuses: [crashing] });
    expect(reasons(look(makeStatefulSet(rolling), { pods: [oldPod, ready] }))).toEqual([]);
    const newPod = makeOwnedPod('db', 'db-1', 'db-new', { statuses: [crashing] });
    expect(reasons(look(makeStatefulSet(rolling), { pods: [newPod, ready] }))).toEqual(['ContainerCrashed']);
  });

  it('lets an old pod that cannot run be deleted at once, and one that may only be slow after a while', () => {
    const pods = [makeOwnedPod('db', 'db-0', 'db-old', { statuses: [crashing] }), makeOwnedPod('db', 'db-1', 'db-old')];
    expect(inTheWay(look(makeStatefulSet(rolling), { pods }))).toEqual([
      ['db-0', 0],
      ['db-1', 10_000],
    ]);
  });

  it('that is restored lets every pod of the failed version that is not ready be deleted at once', () => {
    const pods = [makeOwnedPod('db', 'db-2', 'db-old')];
    expect(inTheWay(look(makeStatefulSet(rolling), { pods }, { restoring: true }))).toEqual([['db-2', 0]]);
    const observed = { restoring: true, until: 'observed' } as const;
    expect(inTheWay(look(makeStatefulSet(rolling), { pods }, observed))).toEqual([['db-2', 0]]);
    expect(look(makeStatefulSet(rolling), {}, observed)).toEqual({ kind: 'complete', probed: true });
  });

  it('does not look for blocking pods before the status is of the patch', () => {
    const pods = [makeOwnedPod('db', 'db-0', 'db-old', { statuses: [crashing] })];
    expect(inTheWay(look(makeStatefulSet({ status: { observedGeneration: 1 } }), { pods }))).toEqual([]);
  });
});

describe('a workload whose pods cannot be created', () => {
  const quota = 'create Pod db-2 in StatefulSet db failed error: exceeded quota: small';
  const set = makeStatefulSet({ status: { replicas: 2, readyReplicas: 2 } });
  const patchedAt = (time: string): Workload => ({
    ...set,
    metadata: { ...set.metadata, managedFields: [{ manager: 'gitkube', time: new Date(time) }] },
  });

  it('is refused because of an event about itself', () => {
    const events = [failedCreate('db', quota, '2026-01-01T00:00:09Z')];
    const evaluation = look(patchedAt('2026-01-01T00:00:05Z'), { events });
    expect(reasons(evaluation)).toEqual(['RolloutRefused']);
    expect(evaluation).toMatchObject({
      problems: [{ message: expect.stringContaining('exceeded quota'), graceMs: 5000 }],
    });
  });

  it('is not refused because of an event from before the patch, or about another workload', () => {
    const before = [failedCreate('db', quota, '2026-01-01T00:00:01Z')];
    expect(reasons(look(patchedAt('2026-01-01T00:00:05Z'), { events: before }))).toEqual([]);
    const other = [failedCreate('agent', quota, '2026-01-01T00:00:09Z')];
    expect(reasons(look(patchedAt('2026-01-01T00:00:05Z'), { events: other }))).toEqual([]);
  });
});

describe('the evaluation of a DaemonSet', () => {
  const revisions = [makeControllerRevision(1, 'h1', 'old'), makeControllerRevision(2, 'h2', 'new')];

  it('reports a crash on a node that has the new version', () => {
    const pods = [makeOwnedPod('agent', 'agent-b', 'h2', { statuses: [crashing] })];
    const set = makeDaemonSet({ status: { updatedNumberScheduled: 1, numberAvailable: 1 } });
    expect(reasons(look(set, { pods, revisions }))).toEqual(['ContainerCrashed']);
    expect(look(set, { pods, revisions })).toMatchObject({ line: expect.stringMatching(/^0 of 2 new pods ready/) });
  });

  it('is complete with OnDelete whatever its pods run', () => {
    const pods = [makeOwnedPod('agent', 'agent-a', 'h1', { statuses: [crashing] })];
    const set = makeDaemonSet({
      spec: { updateStrategy: { type: 'OnDelete' } },
      status: { updatedNumberScheduled: 0 },
    });
    expect(look(set, { pods, revisions })).toEqual({ kind: 'complete', probed: true });
  });
});
