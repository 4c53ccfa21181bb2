import { environmentName } from './rules.ts';

/** The part of a status, as it was read, that is about one environment: undefined when there is none. */
export function statusOf(status: unknown, environment: string): unknown {
  return partsOf(status).find(({ name }) => name === environment);
}

/** The names of environments in a status, as it was read. */
export function namesIn(status: unknown): string[] {
  return partsOf(status).flatMap(({ name }) => (typeof name === 'string' && environmentName.holds(name) ? [name] : []));
}

function partsOf(status: unknown): { readonly name?: unknown }[] {
  const environments = (status as { environments?: unknown } | null | undefined)?.environments;
  const isObject = (one: unknown) => typeof one === 'object' && one !== null;
  return Array.isArray(environments) ? environments.filter(isObject) : [];
}
