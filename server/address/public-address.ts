import { remoteUrl } from '../../base/server-hints.ts';
import type { Remote, RemoteUrl } from '../../remote-crd/index.ts';
import type { Found } from './service-address.ts';

/** Where users reach the SSH server: a configured address, else that of a Service, else the one it listens on. */
export class PublicAddress {
  readonly #configured: string | undefined;
  readonly #listeners = new Set<() => void>();
  #found: Found | undefined;

  /** @param configured `host:port` */
  constructor(configured: string | undefined) {
    this.#configured = configured;
  }

  listensOn(host: string, port: number): void {
    const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    this.#found ??= { address: `${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}` };
  }

  serviceSays(found: Found): void {
    this.#found = found;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** The canonical URL of a Remote; the port is left out where it is SSH's own. */
  of({ namespace, name }: Pick<Remote, 'namespace' | 'name'>): RemoteUrl {
    const found = this.#configured ? { address: this.#configured } : this.#found;
    if (!found || 'reason' in found) return { url: '', description: '', ...found };
    return { url: `ssh://git@${found.address.replace(/:22$/, '')}/${namespace}/${name}`, description: '' };
  }

  /** For a hint: how the URL of a Remote looks. */
  get form(): string {
    const { url } = this.of({ namespace: '<namespace>', name: '<name>' });
    return url || remoteUrl();
  }
}

/** `host:port` or `[v6]:port`. */
export function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}
