/**
 * The names of a release, as tags and as what is pushed to roll back to it. Of the environment without a name, which each Remote
 * has, they are what they were before there were others.
 */

/** `releases/7`, or `releases/staging/7`. @param number or what stands for one in a hint */
export function releaseName(number: number | string, environment = ''): string {
  return `releases/${inEnvironment(environment)}${number}`;
}

/** `refs/rollback/7`, or `refs/rollback/staging/7`. @param number or what stands for one in a hint */
export function rollbackRef(number: number | string, environment = ''): string {
  return `refs/rollback/${inEnvironment(environment)}${number}`;
}

function inEnvironment(environment: string): string {
  return environment === '' ? '' : `${environment}/`;
}

/** The name of a release of the Remote, or the environment, that an id names. */
export function releaseOf(id: string, number: number): string {
  const [, , environment = ''] = id.split('/');
  return releaseName(number, environment);
}

/** @returns undefined: it is neither `7`, `releases/7` nor `releases/staging/7`; environment unset: a number alone */
export function parseReleaseName(text: string): { readonly number: number; readonly environment?: string } | undefined {
  const [, isFull, environment = '', digits] = /^(?:(releases\/)(?:([a-z][-a-z0-9]*)\/)?)?(\d{1,9})$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return { number: Number(digits), ...(isFull !== undefined && { environment }) };
}
