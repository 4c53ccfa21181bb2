import type { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { RemoteEntry } from '../../remote-crd/index.ts';
import type { Drift } from './drift.ts';

/** What a look at the workloads of a Remote came to. */
export type Finding =
  | { readonly kind: 'inSync'; readonly release: number }
  | { readonly kind: 'drifted'; readonly drift: Drift }
  /** Was drifted, and runs the release again. */
  | { readonly kind: 'repaired'; readonly drift: Drift }
  /** Is what it was before the repair. `isNew` is true each time that it was tried. */
  | { readonly kind: 'repairFailed'; readonly drift: Drift; readonly error: GitkubeError; readonly nextTryAt: number }
  | { readonly kind: 'unknown'; readonly error: GitkubeError };

export interface ReconcileObserver {
  /** After every look. @param isNew not the same as what was found the time before */
  found(entry: RemoteEntry, finding: Finding, isNew: boolean): void;
}

/** Tells several; one that throws disturbs neither the others nor the work. */
export function reconcileObservers(log: Logger, ...all: readonly ReconcileObserver[]): ReconcileObserver {
  return {
    found: (...args) => {
      for (const observer of all) {
        try {
          observer.found(...args);
        } catch (err) {
          log.error({ err }, 'an observer of drift failed');
        }
      }
    },
  };
}
