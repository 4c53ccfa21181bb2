export { annotationNames } from './annotations.ts';
export { Deployer } from './deployer.ts';
export type { DeployerOptions } from './environment.ts';
export type {
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
