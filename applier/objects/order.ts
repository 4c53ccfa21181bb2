/** What others need comes first; as helm orders what it installs (pkg/release/v1/util/kind_sorter.go). */
const order = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodSecurityPolicy',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Secret',
  'ConfigMap',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Service',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'DaemonSet',
  'Deployment',
  'StatefulSet',
  'Job',
  'CronJob',
] as const;

/** A new array; objects of the same kind stay as the repository has them. */
export function inOrder<T extends { readonly kind: string }>(objects: readonly T[]): T[] {
  const rank = ({ kind }: T) => {
    const found = (order as readonly string[]).indexOf(kind);
    return found === -1 ? order.length : found;
  };
  return [...objects].sort((a, b) => rank(a) - rank(b));
}
