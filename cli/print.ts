import { CORE_SCHEMA, dump } from 'js-yaml';

/** As kubectl prints objects. */
export function asYaml(value: unknown): string {
  return dump(value, { schema: CORE_SCHEMA, lineWidth: -1, noRefs: true }).replace(/\n$/, '');
}

export function asJson(value: unknown): string {
  return JSON.stringify(value, null, 4);
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * An age as kubectl writes it: two units while the smaller one still says something
 * (k8s.io/apimachinery/pkg/util/duration, HumanDuration).
 */
export function age(ms: number): string {
  const units = (big: number, bigName: string, small: number, smallName: string) => {
    const rest = Math.floor((ms % big) / small);
    return `${Math.floor(ms / big)}${bigName}${rest === 0 ? '' : `${rest}${smallName}`}`;
  };
  if (ms < 2 * minute) return `${Math.max(0, Math.floor(ms / second))}s`;
  if (ms < 10 * minute) return units(minute, 'm', second, 's');
  if (ms < 3 * hour) return `${Math.floor(ms / minute)}m`;
  if (ms < 8 * hour) return units(hour, 'h', minute, 'm');
  if (ms < 2 * day) return `${Math.floor(ms / hour)}h`;
  if (ms < 8 * day) return units(day, 'd', hour, 'h');
  if (ms < 2 * 365 * day) return `${Math.floor(ms / day)}d`;
  if (ms < 8 * 365 * day) return units(365 * day, 'y', day, 'd');
  return `${Math.floor(ms / (365 * day))}y`;
}

/** The age of a timestamp of the API server; empty when it is none. */
export function ageOf(timestamp: string | undefined, now: number): string {
  const then = Date.parse(timestamp ?? '');
  return Number.isNaN(then) ? '' : age(now - then);
}
