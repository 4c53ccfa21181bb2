import type { RemoteName } from '../access/remote-name.ts';

export type GitService = 'git-upload-pack' | 'git-receive-pack';

/** One of the three requests of smart HTTP (gitprotocol-http(5)). */
export interface Route {
  readonly remote: Extract<RemoteName, { readonly namespace: string }>;
  readonly service: GitService;
  /** `refs`: what the service has to offer, by GET. `rpc`: the service itself, by POST. */
  readonly kind: 'refs' | 'rpc';
}

// As it comes, not decoded: no name of a Remote needs an escape, and `%2e%2e` is none.
const NAME = '/([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)/([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)';
const refs = new RegExp(`^${NAME}/info/refs\\?service=(git-upload-pack|git-receive-pack)$`);
const rpc = new RegExp(`^${NAME}/(git-upload-pack|git-receive-pack)$`);

/** @returns undefined: nothing is there */
export function routeOf(method: string | undefined, url: string | undefined): Route | undefined {
  const kind = method === 'GET' ? 'refs' : method === 'POST' ? 'rpc' : undefined;
  const [, namespace, name = '', service] = kind ? ((kind === 'refs' ? refs : rpc).exec(url ?? '') ?? []) : [];
  if (!kind || namespace === undefined) return undefined;
  const remote = { namespace, name: name.replace(/\.git$/, '') };
  return remote.name === '' ? undefined : { remote, service: service as GitService, kind };
}
