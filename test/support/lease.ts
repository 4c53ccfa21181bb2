import { callApi } from './api-server.ts';
import { eventually } from './eventually.ts';

/**
 * Gives a namespace to one of the servers of the cluster, as an operator does by writing its Lease: many run at once, and
 * the first one that sees a Remote in it would take it. @param server GITKUBE_SERVER_NAME
 */
export async function giveTo(server: string, namespace: string): Promise<void> {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const metadata = { name: 'gitkube', namespace };
  const spec = {
    holderIdentity: server,
    leaseDurationSeconds: 600,
    renewTime: `${new Date().toISOString().slice(0, -1)}000Z`,
  };
  await callApi('POST', collection, { metadata, spec }).catch(async (error: Error) => {
    if (!error.message.includes('"reason":"AlreadyExists"')) throw error;
    // Its holder may renew it in between.
    await eventually(async () => {
      const lease = JSON.parse(await callApi('GET', `${collection}/gitkube`)) as object;
      return callApi('PUT', `${collection}/gitkube`, { ...lease, spec });
    });
  });
}
