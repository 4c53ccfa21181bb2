import type { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Phase } from './phases.ts';

/** The facts about a push that others tell on: status, Events. */
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

/** How a push went, for those who count. */
export interface DeployEnd {
  readonly outcome: DeployOutcome;
  /** Milliseconds by phase. */
  readonly durations: Readonly<Partial<Record<Phase, number>>>;
  /** The phase that it ended in. */
  readonly phase: Phase;
  /** Empty when it came to none. */
  readonly images: readonly BuiltImage[];
}

export interface DeployObserver {
  /** It is this push's turn. */
  started?(push: DeployFacts): void;
  /** A push that had its turn is over. */
  finished?(push: DeployFacts, outcome: DeployOutcome): void;
  /** Any push of a branch is over, also one that was refused at the door. */
  ended?(end: DeployEnd): void;
}

/** Tells several; one that throws disturbs neither the others nor the push. */
export function observers(log: Logger, ...all: readonly DeployObserver[]): Required<DeployObserver> {
  const tell = (what: (observer: DeployObserver) => void) => {
    for (const observer of all) {
      try {
        what(observer);
      } catch (err) {
        log.error({ err }, 'an observer of pushes failed');
      }
    }
  };
  return {
    started: (push) => tell((observer) => observer.started?.(push)),
    finished: (push, outcome) => tell((observer) => observer.finished?.(push, outcome)),
    ended: (end) => tell((observer) => observer.ended?.(end)),
  };
}
