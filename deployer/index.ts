export { Deployer } from './deployer.ts';
export type { DeployerOptions } from './deps.ts';
export { type CommandWord, dottedVariables, oneOffPod, ownVolumes } from './one-off/manifest.ts';
export { type ContainerEnd, OneOffPod } from './one-off/one-off-pod.ts';
export { annotationNames } from './patch/annotations.ts';
export { podTrouble } from './pods/pod-state.ts';
export { type AwaitOptions, awaitRollout } from './rollout/await-rollout.ts';
export { leftOutVolumes, taskJob, unknownNames } from './tasks/task-job.ts';
export { hasBegun } from './tasks/task-runs.ts';
export { TaskNotStarted } from './tasks/task-start.ts';
export { JobDeleted, type TaskOutcome, waitForTask } from './tasks/task-wait.ts';
export type {
  Companion,
  DeployRequest,
  ExpectedImages,
  ReleaseMark,
  RestoreOptions,
  RolloutResult,
  Say,
  WorkloadChange,
  WorkloadDifference,
  WorkloadRisks,
  WorkloadSnapshot,
} from './types.ts';
export type { WatchEnd, WatchedWorkload } from './watch/watch-release.ts';
export { type OwnPods, ownPods } from './workload/own-pods.ts';
