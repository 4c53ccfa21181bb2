import type { Cluster } from './cluster.ts';

/** The Deployment, Service and Remote of the example. */
export function objects(publicKey: string): object {
  const labels = { app: 'hello' };
  const container = {
    name: 'web',
    // Never runs: the first push puts the real image in its place.
    image: 'placeholder.invalid/hello:none',
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
  };
  const items = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'hello', namespace: 'default' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'hello', namespace: 'default' },
      spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      metadata: { name: 'hello', namespace: 'default' },
      spec: {
        authorizedKeys: [publicKey.trim()],
        deployments: [{ name: 'hello', containers: [{ name: 'web', path: '.' }] }],
      },
    },
  ];
  return { apiVersion: 'v1', kind: 'List', items };
}

/** The page as a user gets it: at the node port, or through the API server where no node can be reached. */
export async function fetchPage(
  { nodeAddress }: Pick<Cluster, 'nodeAddress'>,
  kubectl: (args: string[]) => Promise<string>,
): Promise<{ command: string; text: string }> {
  if (nodeAddress === undefined) {
    const args = ['get', '--raw', '/api/v1/namespaces/default/services/hello:80/proxy/'];
    return { command: `kubectl ${args.join(' ')}`, text: await kubectl(args) };
  }
  const port = await kubectl(['get', 'service', 'hello', '-o', 'jsonpath={.spec.ports[0].nodePort}']);
  const url = `http://${nodeAddress}:${port}/`;
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return { command: `curl ${url}`, text: await response.text() };
}
