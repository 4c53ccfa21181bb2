import { describe, expect, it } from 'vitest';
import { failure, setUp } from '../../test/support/fake-deploys.ts';
import type { Companion } from '../types.ts';

/** A deploy of www, which is rolled out, and of api, which is waited for. */
async function setUpWaiting() {
  const lab = setUp();
  const deploy = lab.deploy({ www: 'new', api: 'hang' });
  deploy.catch(() => {});
  await expect.poll(() => lab.lines.join()).toMatch(/www: rolled out in/);
  await expect.poll(() => lab.lines.join()).toMatch(/api: 0 of 1 new pod ready/);
  return { ...lab, deploy };
}

describe('a workload that is rolled out before the last one', () => {
  it('fails the deploy when it crashes while that is waited for, and everything is restored', async () => {
    const { kube, deploy } = await setUpWaiting();
    kube.become('www', 'crash');
    kube.become('api', 'runs');
    expect(await failure(deploy)).toMatchObject({
      reason: 'ContainerCrashed',
      message: 'www: container app in pod www-1-abc exited with code 3',
    });
    expect([kube.image('www'), kube.image('api')]).toEqual(['old', 'old']);
    expect(kube.openWatches).toBe(0);
  });

  it('has to run for longer than before when it crashed once', async () => {
    const { kube, deploy, lines, clock } = await setUpWaiting();
    kube.become('www', 'runs again');
    kube.become('api', 'runs');
    expect(await deploy).toMatchObject([{ name: 'www' }, { name: 'api' }]);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(16_000);
    expect(lines).toContain(
      'www: runs again, has to keep running for 16 s: container app in pod www-1-abc exited with code 8 after 6 s',
    );
    expect(clock.pending).toBe(0);
  });

  it('has as much time again when it is no longer ready', async () => {
    const { kube, deploy, clock, lines } = await setUpWaiting();
    kube.become('www', 'hang');
    await expect.poll(() => lines.join()).toMatch(/www: 0 of 1 new pod ready/);
    kube.become('api', 'runs');
    await expect.poll(() => lines.join()).toMatch(/api: rolled out in/);
    for (let minute = 0; minute < 2; minute++) {
      await expect.poll(() => clock.pending).toBe(2);
      clock.advance(60_000);
    }
    const error = await failure(deploy);
    expect(error.reason).toBe('RolloutTimeout');
    expect(error.message).toMatch(/^www: not rolled out within 120 s, although it was ready before: 0 of 1 new pod/);
  });

  it('is reported as rolled out again when it is ready once more, and fails nothing', async () => {
    const { kube, deploy, lines } = await setUpWaiting();
    kube.become('www', 'hang');
    await expect.poll(() => lines.join()).toMatch(/www: 0 of 1 new pod ready/);
    kube.become('www', 'runs');
    await expect.poll(() => lines).toContain('www: is rolled out again');
    kube.become('api', 'runs');
    expect(await deploy).toMatchObject([{ name: 'www' }, { name: 'api' }]);
  });
});

describe('the wait for what is applied beside the rollouts', () => {
  it('fails the deploy when a rolled out workload crashes before it has ended', async () => {
    const { kube, deploy, lines } = setUp();
    const done = Promise.withResolvers<void>();
    const companion: Companion = { wait: () => done.promise, unready: async () => [] };
    const failed = failure(deploy({ www: 'new' }, { companion }));
    await expect.poll(() => lines.join()).toMatch(/www: rolled out in/);
    kube.become('www', 'crash');
    done.resolve();
    expect(await failed).toMatchObject({ reason: 'ContainerCrashed' });
  });

  it('goes on until all workloads are rolled out', async () => {
    const { kube, deploy, lines } = setUp();
    const held: boolean[] = [];
    const companion: Companion = {
      wait: async (_, party) => {
        held.push(party.holds(true));
        await party.reached;
        held.push(party.holds(true));
      },
      unready: async () => [],
    };
    const deployed = deploy({ api: 'hang' }, { companion });
    await expect.poll(() => lines.join()).toMatch(/api: 0 of 1 new pod ready/);
    expect(held).toEqual([false]);
    kube.become('api', 'runs');
    await deployed;
    expect(held).toEqual([false, true]);
  });
});
