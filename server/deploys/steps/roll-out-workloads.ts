import { z } from 'zod';
import type { Companion, Deployer, ReleaseMark, RolloutResult, WorkloadChange } from '../../../deployer/index.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import type { DeployOutput } from '../request.ts';
import type { ChangingStep } from '../step.ts';
import { WorkloadBefore, workloadBefore } from '../workload-before.ts';

export interface RolloutFacts {
  readonly results: readonly RolloutResult[];
}

interface Needs {
  readonly remote: Remote;
  readonly changes: readonly WorkloadChange[];
  readonly companion?: Companion;
  readonly mark: ReleaseMark;
  readonly signal: AbortSignal;
  readonly output: Pick<DeployOutput, 'say'>;
}

const Entry = z.object({
  snapshots: z.array(WorkloadBefore),
  /** By workload: the images that this deploy sets. */
  expected: z.record(z.string(), z.record(z.string(), z.string())),
});

type Context = { readonly deployer: Pick<Deployer, 'deploy'> };

/** Patches every workload and waits until all of them run the new version. */
export const rollOutWorkloads: ChangingStep<Needs, RolloutFacts, z.infer<typeof Entry>, Context> = {
  name: 'roll-out-workloads',
  phase: 'rollout',
  entry: Entry,
  run: async ({ remote, changes, companion, mark, signal, output: { say } }, { deployer }, keep) => {
    const expected = Object.fromEntries(changes.map(({ target, images }) => [target.name, { ...images }]));
    const results = await deployer.deploy({
      namespace: remote.namespace,
      changes,
      companion,
      mark,
      timeoutSeconds: remote.rolloutTimeoutSeconds,
      signal,
      say,
      beforePatch: (snapshots) => keep({ snapshots: snapshots.map(workloadBefore), expected }),
    });
    return { results };
  },
  undo: ({ snapshots, expected }, { deployer }, options) => deployer.restore(snapshots, { ...options, expected }),
};
