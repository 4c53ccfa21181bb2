import { describe, expect, it } from 'vitest';
import { ManualClock } from '../test/support/manual-clock.ts';
import { Bell } from './bell.ts';
import type { Goal, Sight } from './judge.ts';
import { containerStatus, ended, makeDeployment, makePod, makeReplicaSet, waitingFor } from './testing/objects.ts';
import { type WaitOptions, waitRollout } from './wait-rollout.ts';

const hour = 3_600_000;

const goal: Goal = {
  kind: 'Deployment',
  namespace: 'default',
  name: 'www',
  uid: 'uid-www',
  images: { app: 'new' },
  since: { generation: 1 },
  restartsBefore: new Map(),
  until: 'complete',
  puttingBack: false,
};

const complete = makeDeployment({ images: { app: 'new' } });
const starting = makeDeployment({ images: { app: 'new' }, status: { availableReplicas: 0, readyReplicas: 0 } });

function look(workload = complete, pod = makePod({ ready: true })): Sight {
  return { workload, revisions: [makeReplicaSet()], pods: [pod], warnings: [] };
}

/** A view that shows what the test says, and a wait for it. */
function setUp(first: Sight, over: Partial<WaitOptions> = {}) {
  const bell = new Bell();
  const clock = new ManualClock();
  const lines: string[] = [];
  const view = { sight: first as Sight | undefined, healthy: true, changed: () => bell.wait() };
  const done = waitRollout(view, goal, {
    clock,
    timeoutSeconds: 60,
    settleMs: 3000,
    signal: new AbortController().signal,
    onLine: (line) => lines.push(line),
    lastLook: async () => view.sight?.workload,
    removePod: async () => undefined,
    ...over,
  });
  // Every promise that is due has run when a turn of the event loop is over.
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const show = async (sight: Sight) => {
    view.sight = sight;
    bell.ring();
    await turn();
  };
  const pass = async (ms: number) => {
    clock.advance(ms);
    await turn();
  };
  const isDone = () => Promise.race([done.then(() => true), turn().then(() => false)]);
  return { clock, done, lines, show, pass, turn, isDone };
}

describe('waiting for a rollout', () => {
  it.each([
    ['back', -hour],
    ['forward', hour],
  ])('has the same deadline when somebody sets the clock %s by an hour', async (_, ms) => {
    const { done, pass, isDone, clock } = setUp(look(starting, makePod()));
    await pass(30_000);
    clock.setWall(ms);
    await pass(29_999);
    expect(await isDone()).toBe(false);
    await pass(1);
    expect(await done).toMatchObject({ reason: 'RolloutTimeout' });
  });

  it.each([
    ['back', -hour],
    ['forward', hour],
  ])('watches a container without a probe for as long when somebody sets the clock %s', async (_, ms) => {
    const { done, pass, isDone, clock } = setUp(look());
    await pass(1000);
    clock.setWall(ms);
    await pass(1999);
    expect(await isDone()).toBe(false);
    await pass(1);
    expect(await done).toBeUndefined();
  });

  it('ends at once when the containers say themselves that they are ready', async () => {
    const { done } = setUp(look(complete, makePod({ ready: true, probe: true })));
    expect(await done).toBeUndefined();
  });

  it('watches a container without a probe for some seconds', async () => {
    const { done, pass, isDone, turn, clock } = setUp(look());
    await turn();
    await pass(2999);
    expect(await isDone()).toBe(false);
    await pass(1);
    expect(await done).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it('watches anew when the container crashed meanwhile', async () => {
    const { done, show, pass, isDone, turn } = setUp(look());
    await turn();
    await pass(2000);
    await show(look(starting, makePod({ statuses: [containerStatus({ state: ended(1) })] })));
    await show(look());
    await pass(2000);
    expect(await isDone()).toBe(false);
    await pass(1000);
    expect(await done).toBeUndefined();
  });

  it('ends at once for a crash loop, and after a grace for a registry that does not answer', async () => {
    const looping = containerStatus({ state: waitingFor('CrashLoopBackOff'), restartCount: 1, lastState: ended(1) });
    expect(await setUp(look(starting, makePod({ statuses: [looping] }))).done).toMatchObject({
      reason: 'ContainerCrashed',
    });

    const refused = (reason: string) => {
      const state = waitingFor(reason, 'dial tcp: connection refused');
      return look(starting, makePod({ statuses: [containerStatus({ state })] }));
    };
    const { done, show, pass, isDone, turn } = setUp(refused('ErrImagePull'));
    await turn();
    await pass(10_000);
    await show(refused('ImagePullBackOff'));
    expect(await isDone()).toBe(false);
    await pass(5000);
    expect(await done).toMatchObject({ reason: 'ImagePullFailed' });
  });

  it('forgets a problem that has passed', async () => {
    const refused = containerStatus({ state: waitingFor('ErrImagePull', 'connection refused') });
    const { done, show, pass, turn } = setUp(look(starting, makePod({ statuses: [refused] })));
    await turn();
    await pass(14_000);
    await show(look(starting, makePod()));
    await pass(14_000);
    await show(look(complete, makePod({ ready: true, probe: true })));
    expect(await done).toBeUndefined();
  });

  it('says a line once, and none for a state that passes in a moment', async () => {
    const { lines, show, pass, turn } = setUp(look(starting, makePod({ statuses: [] })));
    await turn();
    await pass(100);
    await show(look(starting, makePod()));
    await pass(300);
    await show(look(starting, makePod()));
    await pass(5000);
    expect(lines).toEqual([
      '0 of 1 new pod ready, waiting for www-1-abc: container app is starting, its readiness probe has not passed yet',
    ]);
  });

  it('ends when the time is over, with what it waited for', async () => {
    const { done, pass, turn } = setUp(look(starting, makePod()));
    await turn();
    await pass(60_000);
    expect(await done).toMatchObject({
      reason: 'RolloutTimeout',
      message: expect.stringContaining('within 60 s: 0 of 1'),
    });
  });

  it('ends with the reason of its signal', async () => {
    const abort = new AbortController();
    const { done, turn, clock } = setUp(look(starting, makePod()), { signal: abort.signal });
    await turn();
    abort.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });
});
