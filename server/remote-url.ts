import type { Remote } from '../remote-crd/index.ts';

/** The URL that users are shown. @param address `host:port`, the port is left out when it is SSH's own */
export function remoteUrl(remote: Pick<Remote, 'namespace' | 'name'>, address: string): string {
  return `ssh://git@${address.replace(/:22$/, '')}/${remote.namespace}/${remote.name}`;
}
