import type { Remote } from './remote.ts';

type Names = Pick<Remote, 'namespace' | 'name'>;

/** `namespace/name`: of the resource, also for one of its environments. */
export function remoteIdOf({ namespace, name }: Names): string {
  return `${namespace}/${name}`;
}

/** The id of a Remote, or of one of its environments. */
export function idOfEnvironment({
  environment = '',
  ...remote
}: Names & { readonly environment?: string | undefined }) {
  return environment === '' ? remoteIdOf(remote) : `${remoteIdOf(remote)}/${environment}`;
}
