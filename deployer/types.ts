import type { DeploymentTarget } from '../remote-crd/remote.ts';

export type Say = (line: string) => void;

/** What one workload shall run. */
export interface WorkloadChange {
  readonly target: DeploymentTarget;
  /** Container (or init container) name to image reference by digest. */
  readonly images: Readonly<Record<string, string>>;
}

/** What a workload was before Gitkube touched it: enough to put it back exactly, also by another process after a crash. */
export interface WorkloadSnapshot {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Container or init container name to the image it had. */
  readonly images: Readonly<Record<string, string>>;
  /** The annotations that Gitkube sets, as they were; null: not there. */
  readonly annotations: Readonly<Record<string, string | null>>;
}

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
  readonly name: string;
  /** False: the workload already ran exactly these images and nothing was rolled out. */
  readonly changed: boolean;
  readonly rolloutMs: number;
}
