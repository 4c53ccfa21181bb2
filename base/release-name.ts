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
