import { expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { farewellMs, finishMs, lastWordsMs, maxPushesOfNamespace, restoreMs, returnMs } from './limits.ts';

// An API server that is away takes all the time that each step of the end has, one after the other.
it.each([1, 5, 10, 25, 60, 355, 3600])('the steps of a shutdown fit into a grace period of %d s', (seconds) => {
  const config = parseConfig({ GITKUBE_SHUTDOWN_GRACE_SECONDS: String(seconds) });
  const all = restoreMs(config) + farewellMs(config) + lastWordsMs(config) + returnMs(config);
  expect(restoreMs(config)).toBeGreaterThan(finishMs(config));
  expect(finishMs(config)).toBeGreaterThanOrEqual(seconds * 800);
  expect(all).toBeLessThan(seconds * 1000);
});

it('every step of a shutdown is a whole number of milliseconds, whatever the grace period', () => {
  for (let seconds = 1; seconds <= 120; seconds++) {
    const config = parseConfig({ GITKUBE_SHUTDOWN_GRACE_SECONDS: String(seconds) });
    const steps = [finishMs, restoreMs, farewellMs, lastWordsMs, returnMs].map((step) => step(config));
    expect(steps.every(Number.isInteger), `${seconds} s: ${steps}`).toBe(true);
  }
});

it.each([
  [500, 250],
  [5, 2],
  [1, 1],
])('of %d connections the pushes of one namespace may hold %d', (connections, expected) => {
  expect(maxPushesOfNamespace(parseConfig({ GITKUBE_MAX_CONNECTIONS: String(connections) }))).toBe(expected);
});
