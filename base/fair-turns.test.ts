import { describe, expect, it } from 'vitest';
import { FairTurns } from './fair-turns.ts';

describe('of the parties that wait', () => {
  it('the one with the fewest places goes first, however many wait of another one', () => {
    const turns = new FairTurns();
    turns.take('a');
    turns.take('a');
    turns.take('b');
    expect(turns.next(['a', 'a', 'a', 'b'])).toBe('b');
    turns.take('b');
    turns.take('b');
    expect(turns.next(['b', 'a'])).toBe('a');
  });

  it('the one whose last turn is longest ago goes first where all have as many places', () => {
    const turns = new FairTurns();
    const order = ['b', 'a', 'c'].map((party) => turns.take(party));
    for (const giveBack of order) giveBack();
    expect(turns.next(['a', 'b', 'c'])).toBe('b');
    expect(turns.next(['a', 'c'])).toBe('a');
    expect(turns.next(['c', 'a', 'new'])).toBe('new');
  });

  it('the first goes first where none has had a turn', () => {
    expect(new FairTurns().next(['b', 'a', 'b'])).toBe('b');
    expect(new FairTurns().next([])).toBeUndefined();
  });
});

it('a place can be returned only once', () => {
  const turns = new FairTurns();
  const giveBack = turns.take('a');
  turns.take('b');
  giveBack();
  giveBack();
  expect(turns.taken).toBe(1);
  expect(turns.next(['b', 'a'])).toBe('a');
});

it('the last turns of parties that are long gone are forgotten', () => {
  const turns = new FairTurns();
  turns.take('old')();
  turns.take('recent')();
  for (let i = 0; i < 999; i++) turns.take(`other-${i}`)();
  // As if it had never had one: behind the parties that came before it.
  expect(turns.next(['new', 'old'])).toBe('new');
  expect(turns.next(['recent', 'old'])).toBe('old');
});
