import { describe, expect, it } from 'vitest';
import { AuthThrottle } from './auth-throttle.ts';

function make() {
  const time = { now: 0 };
  const limits = { freeFailures: 3, firstMs: 100, maxMs: 1000, forgetMs: 60_000 };
  return { time, throttle: new AuthThrottle(limits, () => time.now) };
}

function fail(throttle: AuthThrottle, address: string, times: number): void {
  for (let i = 0; i < times; i++) throttle.failed(address);
}

describe('the throttle of a source', () => {
  it('begins after some failures, doubles, and has a limit', () => {
    const { throttle } = make();
    const delays = Array.from({ length: 9 }, () => {
      throttle.failed('192.0.2.1');
      return throttle.delayOf('192.0.2.1');
    });
    expect(delays).toEqual([0, 0, 0, 100, 200, 400, 800, 1000, 1000]);
    expect(throttle.delayOf('192.0.2.2')).toBe(0);
  });

  it('is cleared by a login, and forgotten with time', () => {
    const { throttle, time } = make();
    fail(throttle, '192.0.2.1', 5);
    throttle.succeeded('192.0.2.1');
    expect(throttle.delayOf('192.0.2.1')).toBe(0);
    fail(throttle, '192.0.2.1', 5);
    time.now += 60_000;
    expect(throttle.delayOf('192.0.2.1')).toBe(0);
    throttle.failed('192.0.2.1');
    expect(throttle.delayOf('192.0.2.1')).toBe(0);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8::1', '2001:db8:0:0:5::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ])('has %s and %s as one source: %s', (one, other, same) => {
    const { throttle } = make();
    fail(throttle, one, 5);
    expect(throttle.delayOf(other) > 0).toBe(same);
  });

  it('is kept for a limited number of sources', () => {
    const { throttle } = make();
    fail(throttle, '192.0.2.1', 5);
    for (let i = 0; i < 10_000; i++) throttle.failed(`10.0.${i >> 8}.${i & 255}`);
    expect(throttle.delayOf('192.0.2.1')).toBe(0);
  });
});
