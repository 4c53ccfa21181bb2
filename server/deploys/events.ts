import type { GitkubeError } from '../../base/errors.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Phase } from './phases.ts';

/** What others report of a deploy: status, Events. */
export interface DeployFacts {
  readonly id: string;
  readonly remote: Pick<Remote, 'namespace' | 'name' | 'uid' | 'id'>;
  readonly branch: string;
  readonly commit: string;
  readonly by: string;
}

export type DeployOutcome =
  | { readonly kind: 'released'; readonly release: Release; readonly releases: readonly Release[] }
  | { readonly kind: 'built' }
  /** A dry run: nothing was wrong. */
  | { readonly kind: 'checked' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly error: GitkubeError };

/** How it went, for those who count. */
export interface DeployEnd {
  readonly outcome: DeployOutcome;
  /** Milliseconds by phase. */
  readonly durations: Readonly<Partial<Record<Phase, number>>>;
  /** The phase that it ended in. */
  readonly phase: Phase;
  /** Empty when it came to none. */
  readonly images: readonly BuiltImage[];
}

export type DeployEvent =
  /** Its turn has come. */
  | { readonly kind: 'deployStarted'; readonly deploy: DeployFacts }
  /** A deploy that had its turn, or waited for it when the server ended, is over. */
  | { readonly kind: 'deployFinished'; readonly deploy: DeployFacts; readonly outcome: DeployOutcome }
  /** Any push of a branch is over, also one that was refused at the door. */
  | ({ readonly kind: 'deployEnded' } & DeployEnd);
