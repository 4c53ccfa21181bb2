import { describe, expect, it } from 'vitest';
import {
  containerStatus,
  type DeploymentOptions,
  ended,
  makeDeployment,
  makePod,
  makeReplicaSet,
  progressing,
  waitingFor,
} from '../testing/objects.ts';
import { makeRolloutTarget } from '../testing/rollout-target.ts';
import { outOfTime } from './out-of-time.ts';
import { evaluate, type RolloutState, type RolloutTarget } from './rollout-evaluator.ts';

const target = makeRolloutTarget(2);

const looping = containerStatus({ state: waitingFor('CrashLoopBackOff'), restartCount: 1, lastState: ended(1) });

function state(options: DeploymentOptions = {}, over: Partial<RolloutState> = {}): RolloutState {
  const workload = makeDeployment({ images: { app: 'new' }, generation: 2, ...options });
  return { workload, revisions: [makeReplicaSet()], pods: [], events: [], ...over };
}

function reasons(seen: RolloutState, aim: RolloutTarget = target): string[] {
  const evaluation = evaluate(seen, aim);
  return evaluation.kind === 'waiting' ? evaluation.problems.map(({ reason }) => reason) : [evaluation.kind];
}

describe('the evaluation of a rollout', () => {
  it('is complete when Kubernetes says so and no new pod has a problem', () => {
    expect(evaluate(state({}, { pods: [makePod({ ready: true, probe: true })] }), target)).toEqual({
      kind: 'complete',
      probed: true,
    });
  });

  it('is complete and not probed when a container has no probe', () => {
    const pods = [makePod({ ready: true })];
    expect(evaluate(state({}, { pods }), target)).toEqual({ kind: 'complete', probed: false });
    expect(evaluate(state({ spec: { minReadySeconds: 5 } }, { pods }), target)).toEqual({
      kind: 'complete',
      probed: true,
    });
  });

  it('is not complete while a new pod crashes, whatever the Deployment says', () => {
    expect(reasons(state({}, { pods: [makePod({ statuses: [looping] })] }))).toEqual(['ContainerCrashed']);
  });

  it('ignores pods of another ReplicaSet and pods that are being deleted', () => {
    const old = makePod({ name: 'old', set: 'www-0', statuses: [looping] });
    const leaving = makePod({ name: 'leaving', deleted: true, statuses: [looping] });
    expect(reasons(state({}, { pods: [old, leaving] }))).toEqual(['complete']);
  });

  it('does not take pods from before the patch for new ones', () => {
    const pods = [makePod({ statuses: [looping] })];
    expect(reasons(state({ status: { observedGeneration: 1 } }, { pods }))).toEqual([]);
  });

  it('reports that somebody else changed the workload: another image, deleted, created again', () => {
    expect(reasons(state({ images: { app: 'theirs' }, generation: 3 }))).toEqual(['WorkloadChanged']);
    expect(reasons(state({}, { workload: undefined }))).toEqual(['WorkloadChanged']);
    expect(reasons(state(), { ...target, uid: 'another' })).toEqual(['WorkloadChanged']);
    const deployment = makeDeployment();
    const metadata = { ...deployment.metadata, deletionTimestamp: new Date() };
    expect(reasons(state({}, { workload: { ...deployment, metadata } }))).toEqual(['WorkloadChanged']);
  });

  it('reports no change while the watch still shows the time before the patch', () => {
    expect(reasons(state({ images: { app: 'old' }, generation: 1 }))).toEqual([]);
  });

  it('is complete as soon as it is observed, when no more is asked', () => {
    const hanging = { status: { availableReplicas: 0, readyReplicas: 0 } };
    expect(reasons(state(hanging), { ...target, until: 'observed' })).toEqual(['complete']);
    expect(reasons(state({ ...hanging, status: { observedGeneration: 1 } }), { ...target, until: 'observed' })).toEqual(
      [],
    );
  });

  it('reports a refusal when no pod can be created, but not while pods that end may free the quota', () => {
    const options: DeploymentOptions = {
      status: { updatedReplicas: 0 },
      conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }],
    };
    expect(reasons(state(options))).toEqual(['RolloutRefused']);
    expect(reasons(state(options, { pods: [makePod({ deleted: true })] }))).toEqual([]);
  });

  it('names old pods that have to end first', () => {
    const recreate = { spec: { strategy: { type: 'Recreate' } }, status: { replicas: 0, updatedReplicas: 0 } };
    const evaluation = evaluate(state(recreate, { pods: [makePod({ set: 'www-0', deleted: true })] }), target);
    expect(evaluation).toMatchObject({ line: '0 of 1 new pod ready, waiting for 1 old pod to end' });
  });

  it('reports a pod that no node takes when the time is over', () => {
    const condition = { type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' };
    const pod = makePod({ statuses: [], conditions: [condition] });
    expect(outOfTime('0 of 1', pod, [], '60 s')).toMatchObject({
      reason: 'PodUnschedulable',
      message: 'pod www-1-abc cannot be scheduled: 0/3 nodes are available',
    });
    expect(outOfTime('0 of 1 new pod ready', makePod(), [], '60 s')).toMatchObject({
      reason: 'RolloutTimeout',
      message: 'not rolled out within 60 s: 0 of 1 new pod ready',
      container: 'app',
    });
  });

  it('names the container that holds a pod up, whose log is shown', () => {
    const waiting = containerStatus({ state: waitingFor('PodInitializing') });
    const init = containerStatus({ name: 'migrate', state: { running: {} } });
    const initRuns = makePod({ initStatuses: [init], statuses: [waiting] });
    expect(outOfTime('0 of 1', initRuns, [], '60 s')).toMatchObject({ container: 'migrate' });
    const pulled = containerStatus({ name: 'b', state: { running: {} } });
    const both = makePod({ statuses: [containerStatus({ state: waitingFor('ErrImagePull') }), pulled] });
    expect(outOfTime('0 of 1', both, [], '60 s')).toMatchObject({ container: 'b' });
  });

  it('says which deadline to raise', () => {
    const pods = [makePod()];
    const conditions = [progressing('ProgressDeadlineExceeded', '2026-01-02T00:00:00Z')];
    const evaluation = evaluate(state({ conditions, status: { readyReplicas: 0 } }, { pods }), target);
    expect(evaluation).toMatchObject({
      problems: [
        {
          reason: 'RolloutTimeout',
          hint: ['set a larger progressDeadlineSeconds in the Deployment if it only needs more time'],
        },
      ],
    });
  });
});
