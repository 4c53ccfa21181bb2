export type { AccessAdmin } from './access-admin.ts';
export { type AdminOptions, createAdmin, type KubeAdmin } from './admin.ts';
export { createKube, type KubeOptions } from './client.ts';
export type * from './kube.ts';
export type { NamedObject, ObjectAdmin } from './object-admin.ts';
export { refOf } from './object-calls.ts';
export { type ApplyOptions, type RemoteAdmin, type RemoteObject, remoteNotFound, remotesPath } from './remote-admin.ts';
export { neededRights, type Right } from './rights.ts';
export { workloadKinds, workloadPath } from './workload.ts';
