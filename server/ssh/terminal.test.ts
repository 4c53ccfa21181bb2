import { EventEmitter } from 'node:events';
import type { Session } from 'ssh2';
import { expect, it } from 'vitest';
import { terminalOf } from './terminal.ts';

const size = { cols: 80, rows: 24 };

function terminal(term: string | undefined, refusesColors = () => false) {
  const session = new EventEmitter();
  return {
    session,
    ...{ terminal: terminalOf(session as Session, { ...size, ...(term !== undefined && { term }) }, refusesColors) },
  };
}

it.each([
  ['xterm-256color', true],
  ['dumb', false],
  ['', false],
  [undefined, false],
])('a terminal of the kind %s has colors and a cursor: %s', (term, expected) => {
  const { hasColors, isScreen } = terminal(term).terminal;
  expect([hasColors, isScreen]).toEqual([expected, expected]);
});

it('NO_COLOR takes its colors, also where it comes behind it, and not its cursor', () => {
  let refused = false;
  const { terminal: one } = terminal('xterm', () => refused);
  expect(one.hasColors).toBe(true);
  refused = true;
  expect([one.hasColors, one.isScreen]).toEqual([false, true]);
});

it('says each new size', () => {
  const { session, terminal: one } = terminal('xterm');
  const seen: unknown[] = [];
  one.onResize((now) => seen.push(now));
  session.emit('window-change', undefined, undefined, { cols: 100_000, rows: 10 });
  expect(seen).toEqual([{ columns: 65_535, rows: 10 }]);
  expect(one.size).toEqual({ columns: 65_535, rows: 10 });
});
