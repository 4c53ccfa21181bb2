import type { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Phase } from './phases.ts';

/** The facts about a push that others tell on: status, Events. */
export interface PushFacts {
  readonly id: string;
  readonly remote: Pick<Remote, 'namespace' | 'name' | 'uid' | 'id'>;
  readonly branch: string;
  readonly commit: string;
  readonly by: string;
}

export type PushOutcome =
  | { readonly kind: 'released'; readonly release: Release; readonly releases: readonly Release[] }
  | { readonly kind: 'built' }
  /** A dry run: nothing was wrong. */
  | { readonly kind: 'checked' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly error: GitkubeError };

/** How a push went, for those who count. */
export interface PushEnd {
  readonly outcome: PushOutcome;
  /** Milliseconds by phase. */
  readonly durations: Readonly<Partial<Record<Phase, number>>>;
  /** The phase that it ended in. */
  readonly phase: Phase;
  /** Empty when it came to none. */
  readonly images: readonly BuiltImage[];
}

export interface PushObserver {
  /** It is this push's turn. */
  started?(push: PushFacts): void;
  /** A push that had its turn is over. */
  finished?(push: PushFacts, outcome: PushOutcome): void;
  /** Any push of a branch is over, also one that was refused at the door. */
  ended?(end: PushEnd): void;
}

/** Tells several; one that throws disturbs neither the others nor the push. */
export function observers(log: Logger, ...all: readonly PushObserver[]): Required<PushObserver> {
  const tell = (what: (observer: PushObserver) => void) => {
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
