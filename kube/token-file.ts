import { readFile } from 'node:fs/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../base/clock.ts';

/** As client-go does. The kubelet writes a new token long before the old one is over. */
const keptMs = 60_000;

/**
 * The token of the pod's service account, out of the file that the kubelet renews. The client library has one of its
 * own, which goes by the wall clock: turned back by an hour, it would use an old token for as long.
 */
export class TokenFile {
  readonly #path: string;
  readonly #clock: Clock;
  #read: { readonly token: string; readonly at: number } | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Undefined: the kubeconfig says something else than the file of a token. */
  static of(config: KubeConfig, clock: Clock): TokenFile | undefined {
    const path: unknown = config.getCurrentUser()?.authProvider?.config?.tokenFile;
    return typeof path === 'string' ? new TokenFile(path, clock) : undefined;
  }

  async header(): Promise<string> {
    const now = this.#clock.monotonic();
    if (!this.#read || now - this.#read.at >= keptMs) {
      this.#read = { token: (await readFile(this.#path, 'utf8')).trim(), at: now };
    }
    return `Bearer ${this.#read.token}`;
  }
}
