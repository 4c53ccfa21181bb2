import { describe, expect, it, vi } from 'vitest';
import { AsyncSignal } from '../../base/async-signal.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { RolloutState } from '../evaluate/rollout-evaluator.ts';
import { containerStatus, ended, makeDeployment, makePod, makeReplicaSet, waitingFor } from '../testing/objects.ts';
import { makeRolloutTarget } from '../testing/rollout-target.ts';
import { type WaitOptions, waitRollout } from './wait-rollout.ts';

const hour = 3_600_000;

const target = makeRolloutTarget(1);

const complete = makeDeployment({ images: { app: 'new' } });
const starting = makeDeployment({ images: { app: 'new' }, status: { availableReplicas: 0, readyReplicas: 0 } });

function look(workload = complete, pod = makePod({ ready: true })): RolloutState {
  return { workload, revisions: [makeReplicaSet()], pods: [pod], events: [] };
}

/** A view that shows what the test says, and a wait for it. */
function setUp(first: RolloutState, over: Partial<WaitOptions> = {}) {
  const changes = new AsyncSignal();
  const clock = new ManualClock();
  const lines: string[] = [];
  const view = {
    state: first as RolloutState | undefined,
    healthy: true,
    follow: vi.fn(),
    changed: () => changes.wait(),
  };
  const done = waitRollout(view, target, {
    clock,
    timeoutSeconds: 60,
    settleMs: 3000,
    signal: new AbortController().signal,
    onLine: (line) => lines.push(line),
    lastLook: async () => view.state?.workload,
    removePod: async () => undefined,
    ...over,
  });
  // Every promise that is due has run when a turn of the event loop is over.
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const show = async (state: RolloutState) => {
    view.state = state;
    changes.notify();
    await turn();
  };
  const pass = async (ms: number) => {
    clock.advance(ms);
    await turn();
  };
  const isDone = () => Promise.race([done.then(() => true), turn().then(() => false)]);
  return { clock, done, view, lines, show, pass, turn, isDone };
}

describe('waiting for a rollout', () => {
  it('follows the events of a pod that a node prepares for longer than is ordinary, once', async () => {
    const creating = () => makePod({ statuses: [containerStatus({ state: waitingFor('ContainerCreating') })] });
    const { view, pass, show, turn } = setUp(look(starting, creating()));
    await turn();
    await pass(2999);
    expect(view.follow).not.toHaveBeenCalled();
    await pass(1);
    await show(look(starting, creating()));
    await pass(10_000);
    expect(view.follow).toHaveBeenCalledOnce();
  });

  describe('of a container that ended once', () => {
    const times = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:03Z' };
    const down = containerStatus({ state: ended(7, times) });
    const again = containerStatus({
      state: { running: {} },
      ready: true,
      restartCount: 1,
      lastState: ended(7, times),
    });
    const twice = { ...again, restartCount: 2 };
    const crashed = (probe: boolean) => look(starting, makePod({ probe, statuses: [down] }));
    const back = (probe: boolean) => look(complete, makePod({ probe, ready: true, statuses: [again] }));

    it.each([true, false])('goes on until it has run for longer than that, with a probe: %s', async (probe) => {
      const { done, show, pass, isDone, lines } = setUp(crashed(probe));
      await pass(1000);
      await show(back(probe));
      await pass(12_999);
      expect(await isDone()).toBe(false);
      await pass(1);
      expect(await done).toBeUndefined();
      expect(lines.at(-1)).toBe(
        'runs again, has to keep running for 13 s: container app in pod www-1-abc exited with code 7 after 3 s',
      );
    });

    it('fails as soon as it ends again', async () => {
      const { done, show, pass } = setUp(crashed(true));
      await show(back(true));
      await pass(3000);
      await show(look(complete, makePod({ ready: true, probe: true, statuses: [twice] })));
      expect(await done).toMatchObject({ reason: 'ContainerCrashed' });
    });

    it('counts from when it ran again, whatever the rest waits for', async () => {
      const { done, show, pass } = setUp(crashed(true));
      await show(look(starting, makePod({ probe: true, ready: true, statuses: [again] })));
      await pass(13_000);
      await show(back(true));
      expect(await done).toBeUndefined();
    });

    it('fails when the time is over before that', async () => {
      const { done, show, pass } = setUp(crashed(true), { timeoutSeconds: 10 });
      await show(back(true));
      await pass(10_000);
      expect(await done).toMatchObject({
        reason: 'RolloutTimeout',
        container: 'app',
        message:
          'not rolled out within 10 s: container app in pod www-1-abc exited with code 7 after 3 s, and has not run for 13 s since',
      });
    });

    it('is not over while a sidecar is down in a pod that is ready', async () => {
      const mesh = { name: 'mesh', restartPolicy: 'Always' };
      const pod = (status: typeof down) => {
        const made = makePod({ ready: true, probe: true, initStatuses: [{ ...status, name: 'mesh' }] });
        return { ...made, spec: { ...made.spec, initContainers: [mesh] } } as typeof made;
      };
      const { done, show, pass, isDone, lines, turn } = setUp(look(complete, pod(down)));
      await turn();
      await pass(20_000);
      expect(await isDone()).toBe(false);
      expect(lines.at(-1)).toMatch(/waiting for www-1-abc: sidecar mesh exited with code 7/);
      await show(look(complete, pod(twice)));
      expect(await done).toMatchObject({ reason: 'ContainerCrashed', container: 'mesh' });
    });
  });

  it.each([
    ['back', -hour],
    ['forward', hour],
  ])('keeps its deadline when somebody sets the clock %s by an hour', async (_, ms) => {
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

  it('watches for the whole time again when the container crashed in between', async () => {
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

  it('prints a line once, and none for a state that passes in a moment', async () => {
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

  it('rejects with the reason of its signal', async () => {
    const abort = new AbortController();
    const { done, turn, clock } = setUp(look(starting, makePod()), { signal: abort.signal });
    await turn();
    abort.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });
});
