export { createKube, type KubeOptions } from './client.ts';
export type * from './kube.ts';
export { workloadKinds, workloadPath } from './workload.ts';
