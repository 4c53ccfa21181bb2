import { expect, it } from 'vitest';
import { colors, noColors } from './paint.ts';

it('colors a text whatever the terminal of this process is, and ends the color behind it', () => {
  expect(colors.good('runs')).toBe('\u001b[32mruns\u001b[39m');
  expect(colors.bad('')).toBe('');
});

it('gives a name the same color each time', () => {
  expect(colors.name('www-1')).toBe(colors.name('www-1'));
  const all = new Set(Array.from({ length: 50 }, (_, index) => colors.name(`www-${index}`).slice(0, 5)));
  expect(all.size).toBe(6);
});

it('leaves a text as it is where its reader wants no colors', () => {
  for (const style of Object.values(noColors)) expect(style('text')).toBe('text');
});
