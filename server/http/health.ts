import type { Remotes } from '../../remote-crd/index.ts';

import { type Answer, text } from './http-server.ts';

/** Why the server cannot do its work; undefined: it can. */
export type Check = () => string | undefined;

/** What readiness is made of. Checks are added as the server starts; until then each one says that it has not. */
export class Health {
  readonly #checks = new Map<string, Check>();

  /** @param names in the order in which they are printed */
  constructor(...names: readonly string[]) {
    for (const name of names) this.#checks.set(name, () => 'not started yet');
  }

  set(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  /** As the Kubernetes API server does: a line for each check, and 503 when one of them fails. */
  answer(): Answer {
    const results = [...this.#checks].map(([name, check]) => ({ name, problem: check() }));
    const lines = results.map(({ name, problem }) => (problem ? `[-] ${name}: ${problem}` : `[+] ${name}`));
    return text(results.some(({ problem }) => problem) ? 503 : 200, lines.join('\n'));
  }
}

export function remotesProblem({ synced, healthy }: Pick<Remotes, 'synced' | 'healthy'>): string | undefined {
  if (!synced) return 'waiting for the Kubernetes API to list them';
  return healthy ? undefined : 'the watch has no connection to the Kubernetes API';
}
