import { describe, expect, it } from 'vitest';
import { Random } from '../support/random.ts';
import { mutate } from './mutate.ts';

const bytes = Buffer.from('0032want 0123456789012345678901234567890123456789\n');
const many = (seed: number) => {
  const random = new Random(seed);
  return Array.from({ length: 200 }, () => mutate(bytes, random).toString('latin1'));
};

describe('mutated bytes', () => {
  it('are the same by the same seed, and others by another one', () => {
    expect(many(1)).toEqual(many(1));
    expect(many(1)).not.toEqual(many(2));
  });

  it('are shorter, longer and of the same length, and hardly ever as they were', () => {
    const found = many(3);
    const sizes = found.map((text) => Math.sign(text.length - bytes.length));
    expect(new Set(sizes)).toEqual(new Set([-1, 0, 1]));
    expect(found.filter((text) => text === bytes.toString('latin1')).length).toBeLessThan(10);
    expect(new Set(found).size).toBeGreaterThan(150);
  });

  it('of nothing are nothing', () => {
    expect(mutate(Buffer.alloc(0), new Random(1))).toEqual(Buffer.alloc(0));
  });
});
