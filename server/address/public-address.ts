import { remoteUrl } from '../../base/server-hints.ts';
import type { Remote, RemoteUrl } from '../../remote-crd/index.ts';
import type { Found } from './service-address.ts';

/**
 * Where users reach the SSH server: a configured address, else that of a Service, else the one it listens on. And git over HTTPS,
 * where an operator says it: that is the name in the certificate of whatever stands in front.
 */
export class PublicAddress {
  readonly #configured: string | undefined;
  readonly #https: string | undefined;
  readonly #listeners = new Set<() => void>();
  #found: Found | undefined;

  /** @param configured `host:port` @param https `https://host[:port]` */
  constructor(configured: string | undefined, https?: string) {
    this.#configured = configured;
    this.#https = https;
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
    const https = this.#https === undefined ? {} : { httpsUrl: `${this.#https}/${namespace}/${name}` };
    if (!found || 'reason' in found) return { url: '', description: '', ...found, ...https };
    return { url: `ssh://git@${found.address.replace(/:22$/, '')}/${namespace}/${name}`, description: '', ...https };
  }

  /** For a hint: how the URL of a Remote looks. */
  get form(): string {
    return this.#forms.url || remoteUrl();
  }

  /** The same for who came over HTTPS. */
  get httpsForm(): string {
    return this.#forms.httpsUrl ?? this.form;
  }

  get #forms(): RemoteUrl {
    return this.of({ namespace: '<namespace>', name: '<name>' });
  }
}

/** `host:port` or `[v6]:port`. */
export function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}
