import { describe, expect, it } from 'vitest';
import { Penalties } from './penalties.ts';

function make() {
  const time = { now: 0 };
  const limits = { freeFailures: 3, firstMs: 100, maxMs: 1000, forgetMs: 60_000 };
  return { time, penalties: new Penalties(limits, () => time.now) };
}

function fail(penalties: Penalties, address: string, times: number): void {
  for (let i = 0; i < times; i++) penalties.failed(address);
}

describe('the penalties of a source', () => {
  it('begin after some failures, double, and end somewhere', () => {
    const { penalties } = make();
    const delays = Array.from({ length: 9 }, () => {
      penalties.failed('192.0.2.1');
      return penalties.delayOf('192.0.2.1');
    });
    expect(delays).toEqual([0, 0, 0, 100, 200, 400, 800, 1000, 1000]);
    expect(penalties.delayOf('192.0.2.2')).toBe(0);
  });

  it('are cleared by a login, and forgotten with time', () => {
    const { penalties, time } = make();
    fail(penalties, '192.0.2.1', 5);
    penalties.succeeded('192.0.2.1');
    expect(penalties.delayOf('192.0.2.1')).toBe(0);
    fail(penalties, '192.0.2.1', 5);
    time.now += 60_000;
    expect(penalties.delayOf('192.0.2.1')).toBe(0);
    penalties.failed('192.0.2.1');
    expect(penalties.delayOf('192.0.2.1')).toBe(0);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8::1', '2001:db8:0:0:5::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ])('%s and %s: one source is %s', (one, other, same) => {
    const { penalties } = make();
    fail(penalties, one, 5);
    expect(penalties.delayOf(other) > 0).toBe(same);
  });

  it('are kept for so many sources and no more', () => {
    const { penalties } = make();
    fail(penalties, '192.0.2.1', 5);
    for (let i = 0; i < 10_000; i++) penalties.failed(`10.0.${i >> 8}.${i & 255}`);
    expect(penalties.delayOf('192.0.2.1')).toBe(0);
  });
});
