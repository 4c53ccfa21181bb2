import { describe, expect, it } from 'vitest';
import { hides, networkAt } from './network.ts';

describe('networkAt', () => {
  it('gives every rig addresses of its own, within the block for tests', () => {
    const ranges = Array.from({ length: 128 }, (_, index) => networkAt(index).wholeRange);
    expect(new Set(ranges).size).toBe(128);
    expect(ranges[0]).toBe('198.18.0.0/22');
    expect(ranges[63]).toBe('198.18.252.0/22');
    expect(ranges[64]).toBe('198.19.0.0/22');
    expect(ranges[127]).toBe('198.19.252.0/22');
  });
});

describe('hides', () => {
  const network = networkAt(1);

  it.each([
    ['198.18.4.0/22 via 198.18.4.2 dev gitkube1', true],
    ['198.18.5.7 dev eth0 scope link', true],
    ['local 198.18.4.1 dev gitkube1 table local', true],
    ['198.18.0.0/16 dev tun0', true],
    ['198.18.0.0/15 dev tun0', true],
    ['198.18.0.0/22 via 198.18.0.2 dev gitkube0', false],
    ['198.18.8.0/24 dev gitkube2', false],
    ['default via 192.0.2.1 dev eth0', false],
    ['0.0.0.0/1 via 10.8.0.1 dev tun0', false],
    ['128.0.0.0/1 via 10.8.0.1 dev tun0', false],
    ['10.0.0.0/8 via 10.0.0.1 dev eth0', false],
    ['', false],
  ])('of the route "%s" says %s', (route, expected) => {
    expect(hides(route, network)).toBe(expected);
  });
});
