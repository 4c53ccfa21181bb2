/** A Remote that deploys the one workload that there is. */
export function remoteOf(namespace: string, name: string, key: string, spec: object = {}): object {
  const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];
  return {
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name, namespace },
    spec: { authorizedKeys: [key], deployments, ...spec },
  };
}
