import type { Party } from '../base/common-end.ts';
import type { DeploymentTarget, WorkloadKind } from '../remote-crd/remote.ts';

export type Say = (line: string) => void;

/** What one workload shall run. */
export interface WorkloadChange {
  readonly target: DeploymentTarget;
  /** Container (or init container) name to image reference by digest. */
  readonly images: Readonly<Record<string, string>>;
  /** Its manifest has just been applied and made another one of it: it is waited for although its images are equal. */
  readonly applied?: boolean;
  /** Whether its pods were ready before its manifest was applied. */
  readonly wasReady?: boolean;
  /** Its pods are replaced although its images are equal: RFC 3339, as `kubectl rollout restart` writes it. */
  readonly restartedAt?: string;
}

/** What a workload was before Gitkube touched it: enough to restore it exactly, also by another process after a crash. */
export interface WorkloadSnapshot {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Container or init container name to the image it had. */
  readonly images: Readonly<Record<string, string>>;
  /** The annotations that Gitkube sets, as they were; null: not there. */
  readonly annotations: Readonly<Record<string, string | null>>;
  /** Its rollout was complete: restoring waits until that holds again. Otherwise there is nothing to wait for. */
  readonly wasReady?: boolean;
  /** Of a deploy that restarts its pods: what its template said before, and what that deploy writes; null: nothing. */
  readonly restart?: { readonly before: string | null; readonly ours: string } | undefined;
}

/** Container images by the name of the workload: what Gitkube had set, JSON-safe for a journal. */
export type ExpectedImages = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is written on a workload beside its images. */
export interface ReleaseMark {
  readonly commit: string;
  /** The number that this release will have. */
  readonly release: number;
  readonly pushedBy: string;
  /** kubernetes.io/change-cause. */
  readonly cause: string;
}

export interface RolloutResult {
  readonly kind: WorkloadKind;
  readonly name: string;
  /** False: the workload already ran exactly these images and nothing was rolled out. */
  readonly changed: boolean;
  readonly rolloutMs: number;
}

/** A container that runs something else than a release says. */
export interface WorkloadDifference {
  readonly kind: WorkloadKind;
  /** Of the workload. */
  readonly name: string;
  readonly container: string;
  readonly wants: string;
  /** Null: the workload or the container does not exist. */
  readonly runs: string | null;
  /** Which of both does not exist. */
  readonly missing?: 'workload' | 'container';
}

/** What lets a version of a workload go wrong, although it is rolled out. */
export interface WorkloadRisks {
  readonly kind: WorkloadKind;
  readonly name: string;
  /** A few words each. */
  readonly risks: readonly string[];
}

export interface DeployRequest {
  readonly namespace: string;
  readonly changes: readonly WorkloadChange[];
  readonly mark: ReleaseMark;
  /**
   * From the patch until every workload is rolled out. One that is not any more, while others are waited for, has as much
   * again.
   */
  readonly timeoutSeconds: number;
  /** Its abort ends the deploy with its reason when that is a GitkubeError, else with `Cancelled`. */
  readonly signal: AbortSignal;
  readonly say: Say;
  /**
   * Awaited before the first patch, for a journal; again, with all snapshots, when somebody else changed an image
   * between the snapshot and the patch. Never called twice at the same time.
   */
  readonly beforePatch?: (snapshots: readonly WorkloadSnapshot[]) => Promise<void>;
  /** What else has to work out for the deploy to count. */
  readonly companion?: Companion | undefined;
}

export interface FailedWorkload {
  readonly kind: WorkloadKind;
  readonly name: string;
}

/** Something that is waited for beside the rollouts. */
export interface Companion {
  /** Its failure is that of the deploy. What can break once it works is looked at until all parties hold. */
  wait(signal: AbortSignal, party: Party): Promise<void>;
  /** What of it does not work now, one line each: evidence of a rollout that fails. Never rejects. */
  unready(failed: readonly FailedWorkload[]): Promise<readonly string[]>;
}

export interface RestoreOptions {
  readonly say: Say;
  /** For the rollouts of the versions that come back; unset: 60. */
  readonly timeoutSeconds?: number;
  /** A container that runs neither this nor its snapshot's image was changed by somebody else and is left alone. */
  readonly expected?: ExpectedImages;
  /** An annotation that is not of this mark was changed by somebody else and is left alone. */
  readonly mark?: ReleaseMark;
  /** Called for a workload that is restored, and of which pods of the other version still run when the wait is over. */
  readonly stillRuns?: (workload: string) => void;
}
