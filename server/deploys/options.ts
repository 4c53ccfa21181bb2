/** What the requester of a deploy may choose. */
export interface DeployOptions {
  /** Build every image without any cache. */
  readonly noCache: boolean;
  /** Build and push the images only: no workload changes, and the branch stays where it is. */
  readonly skipDeploy: boolean;
  /** Tasks of stage Test do not run; unset: they do. */
  readonly noTests?: boolean;
  /** Check everything, and change nothing. */
  readonly dryRun: boolean;
}
