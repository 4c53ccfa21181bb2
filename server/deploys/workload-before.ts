import { z } from 'zod';
import type { WorkloadSnapshot } from '../../deployer/index.ts';
import { workloadKinds } from '../../kube/workload.ts';

/** What a workload was, in the journal. */
export const WorkloadBefore = z.object({
  /** Deployments were the only kind before there was this field. */
  kind: z.enum(workloadKinds).default('Deployment'),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  images: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string().nullable()),
  wasReady: z.boolean(),
  /** Absent: its pods are not restarted. */
  restart: z.object({ before: z.string().nullable(), ours: z.string() }).optional(),
});
export type WorkloadBefore = z.infer<typeof WorkloadBefore>;

export function workloadBefore(snapshot: WorkloadSnapshot): WorkloadBefore {
  return {
    ...snapshot,
    images: { ...snapshot.images },
    annotations: { ...snapshot.annotations },
    wasReady: snapshot.wasReady ?? false,
  };
}
