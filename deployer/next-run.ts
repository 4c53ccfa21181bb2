const minuteMs = 60_000;
const dayMinutes = 24 * 60;

/**
 * When a CronJob runs next, in milliseconds since the epoch, as far as that is easy to tell: at minutes and hours of every
 * day, in UTC, or at minutes of every hour when its time zone is not known to be UTC. Undefined for all other schedules.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */
export function nextRun(schedule: string, timeZone: string | undefined, nowMs: number): number | undefined {
  const fields = (schedule.trim() === '@hourly' ? '0 * * * *' : schedule.trim()).split(/\s+/);
  const [minute = '', hour = '', ...days] = fields;
  if (days.length !== 3 || days.some((day) => day !== '*')) return undefined;
  // Without spec.timeZone it is that of the controller manager, which nobody outside can know.
  if (hour !== '*' && !['UTC', 'Etc/UTC'].includes(timeZone ?? '')) return undefined;
  const minutes = valuesOf(minute, 60);
  const hours = valuesOf(hour, 24);
  if (!minutes || !hours) return undefined;
  const first = Math.floor(nowMs / minuteMs) + 1;
  for (let at = first; at < first + dayMinutes; at++) {
    if (minutes.has(at % 60) && hours.has(Math.floor(at / 60) % 24)) return at * minuteMs;
  }
  return undefined;
}

/** The values of `*`, a step of it, or a list of numbers; undefined for every other form. */
function valuesOf(field: string, count: number): ReadonlySet<number> | undefined {
  const all = Array.from({ length: count }, (_, value) => value);
  const step = /^\*(?:\/([1-9]\d?))?$/.exec(field);
  if (step) return new Set(all.filter((value) => value % Number(step[1] ?? 1) === 0));
  if (!/^\d{1,2}(?:,\d{1,2})*$/.test(field)) return undefined;
  return new Set(field.split(',').map(Number));
}
