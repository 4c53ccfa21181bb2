import { InvalidArgumentError } from 'commander';
import type { Clock } from '../../base/clock.ts';
import { GitkubeError } from '../../base/errors.ts';
import { rfc3339 } from '../../base/rfc3339.ts';
import { plain } from '../../base/text.ts';

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

/**
 * `90d`, `12h` or `30m` from now on, or a date, `2030-12-31`, with which the token expires as it begins in UTC, or a time of
 * RFC 3339.
 * @returns RFC 3339
 */
export function parseExpiry(clock: Pick<Clock, 'now'>): (text: string) => string {
  return (text) => {
    const now = clock.now();
    const [, number, unit] = /^(\d{1,5})([dhm])$/.exec(text) ?? [];
    const at = unit ? now + Number(number) * unitMs[unit as keyof typeof unitMs] : dateOf(text);
    if (Number.isNaN(at)) throw new InvalidArgumentError('write it as 90d, 12h, 2030-12-31 or 2030-12-31T12:00:00Z.');
    if (at <= now) throw new InvalidArgumentError('that is not in the future.');
    return rfc3339(at);
  };
}

function dateOf(text: string): number {
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text)) return Number.NaN;
  // 2030-02-31 would become a day in March.
  const day = Date.parse(text.slice(0, 10));
  return !Number.isNaN(day) && new Date(day).toISOString().startsWith(text.slice(0, 10))
    ? Date.parse(text)
    : Number.NaN;
}

/** As it stands in lists, in logs and beside each deploy of it. @throws UsageInvalid */
export function tokenName(text: string): string {
  const name = text.trim();
  const problem =
    name === ''
      ? 'it is empty'
      : [...name].length > 128
        ? 'it has more than 128 characters'
        : plain(name, name.length) === name
          ? undefined
          : 'it has a character that cannot be printed';
  if (problem === undefined) return name;
  throw new GitkubeError('UsageInvalid', `${plain(text, 40)} is no name of a token: ${problem}`, {
    hint: 'give one such as ci or ada@laptop',
  });
}
