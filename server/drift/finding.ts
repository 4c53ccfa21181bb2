import type { GitkubeError } from '../../base/errors.ts';
import type { RemoteEntry } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Drift } from './drift.ts';

/** The result of a check of the workloads of a Remote. */
export type Finding =
  | { readonly kind: 'inSync'; readonly release: Release }
  | { readonly kind: 'drifted'; readonly drift: Drift }
  /** Was drifted, and runs the release again. */
  | { readonly kind: 'repaired'; readonly drift: Drift }
  /** Is what it was before the repair. `isNew` is true each time that it was tried. */
  | { readonly kind: 'repairFailed'; readonly drift: Drift; readonly error: GitkubeError; readonly nextTryAt: number }
  | { readonly kind: 'unknown'; readonly error: GitkubeError };

/** After every check. */
export interface DriftEvent {
  readonly kind: 'driftChecked';
  readonly entry: RemoteEntry;
  readonly finding: Finding;
  /** Different from the finding before. */
  readonly isNew: boolean;
}
