/** The part of a status, as it was read, that is about one environment: undefined when there is none. */
export function statusOf(status: unknown, environment: string): unknown {
  const environments = (status as { environments?: unknown } | null | undefined)?.environments;
  if (!Array.isArray(environments)) return undefined;
  return environments.find((one: { name?: unknown } | null) => one?.name === environment);
}
