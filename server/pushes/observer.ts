import type { GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';

/** The facts about a push that others tell on: status, Events, metrics. */
export interface PushFacts {
  readonly id: string;
  readonly remote: Remote;
  readonly branch: string;
  readonly commit: string;
  readonly by: string;
}

export type PushOutcome =
  | { readonly kind: 'released'; readonly release: Release; readonly releases: readonly Release[] }
  | { readonly kind: 'built' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly error: GitkubeError };

export interface PushObserver {
  started(push: PushFacts): void;
  finished(push: PushFacts, outcome: PushOutcome): void;
}
