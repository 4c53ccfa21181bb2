import { Cron } from 'croner';

/**
 * When a CronJob runs next, in milliseconds since the epoch. Undefined for a schedule that cannot be read, and where the
 * answer depends on the time zone of the controller manager, which nobody outside can know.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */
export function nextRun(schedule: string, timeZone: string | undefined, nowMs: number): number | undefined {
  if (timeZone === undefined && !isEveryHour(schedule)) return undefined;
  try {
    const cron = new Cron(schedule, { mode: '5-part', timezone: timeZone ?? 'UTC', paused: true });
    return cron.nextRun(new Date(nowMs))?.getTime();
  } catch {
    return undefined;
  }
}

/** The same minutes of every hour of every day. */
function isEveryHour(schedule: string): boolean {
  const [, ...hourAndDays] = schedule.trim().split(/\s+/);
  return schedule.trim() === '@hourly' || (hourAndDays.length === 4 && hourAndDays.every((field) => field === '*'));
}
