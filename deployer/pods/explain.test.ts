import { describe, expect, it } from 'vitest';
import type { KubeEvent, V1Pod } from '../../kube/kube.ts';
import type { RetryingKube } from '../../kube/retrying-kube.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { outOfTime } from '../evaluate/out-of-time.ts';
import { containerEvent, containerStatus, ended, makePod, waitingFor, warning } from '../testing/objects.ts';
import { explain } from './explain.ts';
import { type Problem, podProblems } from './pod-problems.ts';

const id = { kind: 'Deployment', namespace: 'default', name: 'www' } as const;

/** Logs by `container` of the run under way, and by `container before` of the one that ended. */
async function evidence(problem: Problem | undefined, logs: Record<string, string[]>, events: KubeEvent[] = []) {
  const kube = {
    listEvents: async () => events,
    podLog: async (_namespace: string, _pod: string, container: string, previous: boolean) =>
      logs[previous ? `${container} before` : container] ?? [],
  } as unknown as RetryingKube;
  const clock = new ManualClock({ elapseUpToMs: 1000 });
  return (await explain(problem as Problem, id, kube, clock)).evidence;
}

const timedOut = (pod: V1Pod) => outOfTime('0 of 1', pod, [], '60 s');
const title = (container: string, kind = 'container') => `the last lines of ${kind} ${container} in pod www-1-abc:`;
const running = { running: {} };

it.each([
  [404, []],
  [503, ['set a larger spec.rollout.timeoutSeconds if it only needs more time: kubectl edit remote']],
])('a timeout says what the probe asked and what to do; more time is no help after %i', async (code, moreTime) => {
  const pod = makePod({ statuses: [containerStatus({ state: running })] });
  const failed = warning('www-1-abc', `Readiness probe failed: HTTP probe failed with statuscode: ${code}`);
  const kube = { listEvents: async () => [failed], podLog: async () => [] } as unknown as RetryingKube;
  const problem = outOfTime('0 of 1', pod, [failed], '60 s');
  expect(await explain(problem, id, kube, new ManualClock())).toMatchObject({
    message: `www: not rolled out within 60 s: container app in pod www-1-abc: its readiness probe gets ${code} for GET /`,
    hint: [
      'answer GET / with 200 in container app, or correct the path of the readiness probe in the pod template: kubectl -n default edit deployment www',
      ...moreTime,
    ],
  });
});

it('a crash passes on its last error for the last line of the push, and one for lack of memory none', async () => {
  const kube = {
    listEvents: async () => [],
    podLog: async () => ['starting', 'Error: connect ECONNREFUSED db:5432', '  at a'],
  } as unknown as RetryingKube;
  const saidOf = async (code: number, over: object) => {
    const down = containerStatus({
      state: waitingFor('CrashLoopBackOff'),
      restartCount: 1,
      lastState: ended(code, over),
    });
    const [problem] = podProblems([makePod({ statuses: [down] })], new Map());
    return (await explain(problem as Problem, id, kube, new ManualClock())).said;
  };
  expect(await saidOf(1, {})).toBe('Error: connect ECONNREFUSED db:5432');
  expect(await saidOf(137, { reason: 'OOMKilled' })).toBeUndefined();
});

it('timeouts of an init container, of a container and of a pull lead to more time in the same words', async () => {
  const kube = { listEvents: async () => [], podLog: async () => [] } as unknown as RetryingKube;
  const waits = containerStatus({ state: waitingFor('PodInitializing') });
  const pods = [
    makePod({ initStatuses: [containerStatus({ name: 'migrate', state: running })], statuses: [waits] }),
    makePod({ statuses: [containerStatus({ state: running })] }),
    makePod({ statuses: [waits] }),
  ];
  const pulling = containerEvent('www-1-abc', 'Pulling', 1);
  const problems = pods.map((pod) => outOfTime('0 of 1', pod, [pulling], '60 s'));
  const errors = await Promise.all(problems.map((problem) => explain(problem, id, kube, new ManualClock())));
  expect(new Set(errors.map(({ hint }) => hint.at(-1)))).toEqual(
    new Set(['set a larger spec.rollout.timeoutSeconds if it only needs more time: kubectl edit remote']),
  );
});

describe('the evidence', () => {
  it('of a timeout is the log of the init container that runs', async () => {
    const pod = makePod({
      initStatuses: [containerStatus({ name: 'migrate', state: running })],
      statuses: [containerStatus({ state: waitingFor('PodInitializing') })],
    });
    expect(await evidence(timedOut(pod), { migrate: ['waiting for db'] })).toEqual([
      title('migrate', 'init container'),
      '  waiting for db',
    ]);
  });

  it('of a timeout is the log of the run before when the one under way has printed nothing', async () => {
    const pod = makePod({ statuses: [containerStatus({ state: running, restartCount: 1, lastState: ended(1) })] });
    expect(await evidence(timedOut(pod), { 'app before': ['lost'] })).toEqual([title('app'), '  lost']);
    expect(await evidence(timedOut(pod), {})).toEqual(['container app in pod www-1-abc has printed nothing']);
  });

  it('of a crash is the log of the run that ended, although the next one has begun', async () => {
    const again = containerStatus({ state: running, restartCount: 2, lastState: ended(1) });
    const [problem] = podProblems([makePod({ statuses: [again] })], new Map());
    expect(await evidence(problem, { app: ['starting'], 'app before': ['panic'] })).toEqual([title('app'), '  panic']);
  });

  it('of a crash is the last log when the container is down', async () => {
    const down = containerStatus({ state: waitingFor('CrashLoopBackOff'), restartCount: 1, lastState: ended(1) });
    const [problem] = podProblems([makePod({ statuses: [down] })], new Map());
    expect(await evidence(problem, { app: ['panic 2'], 'app before': ['panic 1'] })).toEqual([
      title('app'),
      '  panic 2',
    ]);
    expect(await evidence(problem, {})).toEqual(['container app in pod www-1-abc left no log']);
  });

  it('of a pull is its cause, where the status lacks it, and a missing Secret', async () => {
    const backOff = containerStatus({ state: waitingFor('ImagePullBackOff', 'Back-off pulling image "r/x"') });
    const [problem] = podProblems([makePod({ statuses: [backOff] })], new Map());
    const events = [
      warning('www-1-abc', 'Unable to retrieve some image pull secrets (reg)', 'FailedToRetrieveImagePullSecret'),
      warning('www-1-abc', 'Failed to pull image "r/x": unauthorized', 'Failed'),
      warning('www-1-abc', 'Error: ErrImagePull', 'Failed'),
    ];
    expect(await evidence(problem, {}, events)).toEqual([
      'Unable to retrieve some image pull secrets (reg)',
      'unauthorized',
    ]);
  });

  it('of a pull is the text of the node, where the message says what it means', async () => {
    const url = 'Head "http://10.0.0.1:5000/v2/shop/web/manifests/1": EOF';
    const state = waitingFor('ErrImagePull', `failed to pull image "10.0.0.1:5000/shop/web": ${url}`);
    const [problem] = podProblems([makePod({ statuses: [containerStatus({ state })] })], new Map());
    const events = [warning('www-1-abc', `Failed to pull image "10.0.0.1:5000/shop/web": ${url}`, 'Failed')];
    expect(await evidence(problem, {}, events)).toEqual([`failed to pull image "10.0.0.1:5000/shop/web": ${url}`]);
    const backOff = containerStatus({ state: waitingFor('ImagePullBackOff', 'Back-off pulling image "r/x"') });
    const [older] = podProblems([makePod({ statuses: [backOff] })], new Map());
    expect(await evidence(older, {}, events)).toEqual(['registry 10.0.0.1:5000 closed the connection']);
  });

  it('of a probe is what it says besides that it failed', async () => {
    const pod = makePod({ statuses: [containerStatus({ state: running })] });
    const silent = warning('www-1-abc', 'Readiness probe failed: ');
    const log = ['container app in pod www-1-abc has printed nothing'];
    expect(await evidence(outOfTime('0 of 1', pod, [silent], '60 s'), {}, [silent])).toEqual(log);
    expect(await evidence(timedOut(pod), {}, [silent])).toEqual(['Readiness probe failed', ...log]);
  });

  it('of a probe is its last failure: the container was still starting before', async () => {
    const pod = makePod({ statuses: [containerStatus({ state: running })] });
    const [refused, missing] = ['dial tcp: connection refused', 'HTTP probe failed with statuscode: 404'];
    const failures = [refused, missing].map((why) => warning('www-1-abc', `Readiness probe failed: ${why}`));
    const live = warning('www-1-abc', `Liveness probe failed: ${refused}`);
    expect(await evidence(timedOut(pod), {}, [live, ...failures])).toEqual([
      `Liveness probe failed: ${refused}`,
      `Readiness probe failed: ${missing}`,
      'container app in pod www-1-abc has printed nothing',
    ]);
  });

  it('of a container that is not started has no log', async () => {
    const pod = makePod({ statuses: [containerStatus({ state: waitingFor('ErrImagePull', 'i/o timeout') })] });
    expect(await evidence(timedOut(pod), { app: ['of another pod'] })).toEqual([]);
  });
});
