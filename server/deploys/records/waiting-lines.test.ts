import { expect, it } from 'vitest';
import { WaitingLines } from './waiting-lines.ts';

const line = (n: number) => `${n} ${'x'.repeat(1000)}\n`;

function takeAll(waiting: WaitingLines): string {
  let all = '';
  while (!waiting.isEmpty) all += waiting.take(64 * 1024);
  return all;
}

it('lines are taken in their order, in batches of the requested size', () => {
  const waiting = new WaitingLines();
  for (let n = 0; n < 10; n++) waiting.add(line(n));
  expect(waiting.take(3100)).toBe(line(0) + line(1) + line(2));
  expect(waiting.take(1)).toBe(line(3));
  waiting.add(line(10));
  expect(takeAll(waiting)).toBe([4, 5, 6, 7, 8, 9, 10].map(line).join(''));
});

it('lines of the beginning and the end stay while the disk does not take them', () => {
  const waiting = new WaitingLines();
  for (let n = 0; n < 100_000; n++) waiting.add(line(n));
  const all = takeAll(waiting);
  expect(all.length).toBeLessThanOrEqual(256 * 1024);
  expect(all.startsWith(line(0))).toBe(true);
  expect(all.endsWith(line(99_999))).toBe(true);
  waiting.add(line(1));
  expect(takeAll(waiting)).toBe(line(1));
});

it('what is left out is counted once, where it is missing', () => {
  const waiting = new WaitingLines();
  for (let n = 0; n < 1000; n++) waiting.add(line(n));
  expect(waiting.takeLeftOut()).toBe(0);
  let kept = 0;
  while (waiting.takeLeftOut() === 0 && waiting.take(1) === line(kept)) kept += 1;
  const next = Number.parseInt(waiting.take(1), 10);
  expect(next).toBeGreaterThan(kept);
  expect(waiting.takeLeftOut()).toBe(0);
  expect(Number.parseInt(waiting.take(1), 10)).toBe(next + 1);
});
