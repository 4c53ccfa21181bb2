import type { GitkubeError } from '../base/errors.ts';

/** Which namespaces this server serves: two servers may see the same Remotes, and only one of them may act on them. */
export interface Ownership {
  /** Whether there are Remotes in it. */
  need(namespace: string, needed: boolean): void;
  /** Why this server does not serve it; undefined: it does. */
  refusal(namespace: string): Refusal | undefined;
  /** Resolves when it is known who serves a namespace or why that cannot be known, or when that takes too long. */
  tried(namespace: string): Promise<void>;
  /** Called after the refusal of a namespace came, went, or became another one. Returns how to stop that. */
  onChange(listener: (namespace: string) => void): () => void;
}

export interface Refusal {
  /** For pushers, and for the status. */
  readonly error: GitkubeError;
  /** The name of the server that serves it; undefined: it is not known (yet). */
  readonly holder: string | undefined;
}
