import type { Remote } from '../remote-crd/index.ts';

/** Where users reach the SSH server: a configured address, else the one it listens on. */
export class PublicAddress {
  #address: string;

  /** @param configured `host:port` */
  constructor(configured: string | undefined) {
    this.#address = configured ?? '';
  }

  listensOn(host: string, port: number): void {
    if (this.#address !== '') return;
    const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    this.#address = `${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
  }

  /** The canonical URL of a Remote; the port is left out where it is SSH's own. */
  urlOf({ namespace, name }: Pick<Remote, 'namespace' | 'name'>): string {
    return `ssh://git@${this.#address.replace(/:22$/, '')}/${namespace}/${name}`;
  }
}

/** `host:port` or `[v6]:port`. */
export function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}
