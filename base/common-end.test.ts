import { describe, expect, it } from 'vitest';
import { CommonEnd, onItsOwn } from './common-end.ts';

describe('a common end', () => {
  it('is reached when all hold at the same time, and stays reached', async () => {
    const end = new CommonEnd();
    const [one, other] = [end.join(), end.join()];
    expect(one.holds(true)).toBe(false);
    expect(one.holds(false)).toBe(false);
    expect(other.holds(true)).toBe(false);
    expect(one.holds(true)).toBe(true);
    await other.reached;
    expect(other.holds(false)).toBe(true);
  });

  it('of one wait is that of this wait', () => {
    const party = onItsOwn();
    expect(party.holds(false)).toBe(false);
    expect(party.holds(true)).toBe(true);
  });
});
