import { describe, expect, it } from 'vitest';
import { containerStatus, ended, makePod } from '../testing/objects.ts';
import { trialsOf } from './trials.ts';

const lasted = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:03Z' };
const running = { state: { running: {} }, ready: true };
const restarted = { ...running, restartCount: 1, lastState: ended(7, lasted) };

function trials(over: object, before: ReadonlyMap<string, number> = new Map()) {
  return trialsOf([makePod({ ready: true, statuses: [containerStatus(over)] })], before).map(({ mustRunMs, words }) => [
    mustRunMs,
    words,
  ]);
}

describe('a container that ended once', () => {
  it('has to run for longer than it did', () => {
    expect(trials(restarted)).toEqual([[13_000, 'container app in pod www-1-abc exited with code 7 after 3 s']]);
    const words = 'container app in pod www-1-abc exited with code 0 after 3 s, but it has to keep running';
    expect(trials({ ...restarted, lastState: ended(0, lasted) })).toEqual([[13_000, words]]);
  });

  it('is measured by the clock of the kubelet alone, in dates or in strings', () => {
    const dates = { startedAt: new Date(0), finishedAt: new Date(60_000) };
    expect(trials({ ...restarted, lastState: ended(0, dates) })[0]?.[0]).toBe(70_000);
  });

  it.each([
    ['runs for the first time', running, new Map()],
    ['is down', { ...restarted, state: ended(7) }, new Map()],
    ['ended before the rollout', restarted, new Map([['uid-www-1-abc/app', 1]])],
  ])('is not on trial when it %s', (_, status, before) => {
    expect(trials(status, before)).toEqual([]);
  });

  it('is on trial for some seconds when the kubelet does not say how it ended', () => {
    expect(trials({ ...running, restartCount: 1 })[0]?.[0]).toBe(10_000);
  });

  it('is on trial as a sidecar, and not as an init container that runs to its end', () => {
    const pod = makePod({ initStatuses: [containerStatus({ ...restarted, name: 'mesh' })] });
    expect(trialsOf([pod], new Map())).toEqual([]);
    const initContainers = [{ name: 'mesh', restartPolicy: 'Always' }];
    const withSidecar = { ...pod, spec: { ...pod.spec, initContainers } } as typeof pod;
    expect(trialsOf([withSidecar], new Map()).map(({ container }) => container)).toEqual(['mesh']);
  });
});
