import { plain } from '../../base/text.ts';
import type { Usage } from './usage.ts';
import { wrong } from './words.ts';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `1h30m`: as kubectl has it, and days. @throws UsageInvalid */
export function secondsIn(word: string | undefined, usage: Usage): number | undefined {
  if (word === undefined) return undefined;
  if (!/^(?:\d{1,6}[smhd])+$/.test(word)) throw wrong(usage, `${plain(word, 80)} is no time: 90s, 15m, 2h, 1h30m, 1d`);
  const parts = [...word.matchAll(/(\d+)([smhd])/g)];
  return parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (secondsOf[unit] ?? 0), 0);
}
