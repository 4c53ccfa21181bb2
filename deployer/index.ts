export { Deployer } from './deployer.ts';
export type { DeployerOptions } from './environment.ts';
export { annotationNames } from './patch/annotations.ts';
export { podTrouble } from './pods/pod-state.ts';
export { type AwaitOptions, awaitRollout } from './rollout/await-rollout.ts';
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
