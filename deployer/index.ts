export { annotationNames } from './annotations.ts';
export { type AwaitOptions, awaitRollout } from './await-rollout.ts';
export { Deployer } from './deployer.ts';
export type { DeployerOptions } from './environment.ts';
export { podTrouble } from './pod-state.ts';
export type {
  Companion,
  DeployRequest,
  ExpectedImages,
  PutBackOptions,
  ReleaseMark,
  RolloutResult,
  Say,
  WorkloadChange,
  WorkloadDifference,
  WorkloadSnapshot,
} from './types.ts';
