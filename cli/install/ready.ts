import { silentLogger } from '../../base/log.ts';
import { awaitRollout } from '../../deployer/index.ts';
import { createKube, type KubeAdmin, type V1Node, type V1Service } from '../../kube/index.ts';
import { addressOfService, needsNodes } from '../../server/address/service-address.ts';
import type { CliContext } from '../context.ts';

export interface ReadyOptions {
  readonly context: CliContext;
  readonly admin: KubeAdmin;
  readonly connection: { readonly kubeconfig: string | undefined; readonly context: string | undefined };
  readonly namespace: string;
  /** Of the server's Deployment and of its Service. */
  readonly name: string;
  readonly timeoutMs: number;
}

/** Says what it waits for until the server is ready. @throws what keeps it, as soon as that is certain */
export async function waitUntilReady(options: ReadyOptions): Promise<void> {
  const { context, connection, namespace, name, timeoutMs } = options;
  const { io, clock } = context;
  const kube = createKube({ ...connection, log: silentLogger, clock });
  await awaitRollout(
    { kube, clock, log: silentLogger },
    { kind: 'Deployment', namespace, name },
    { timeoutSeconds: timeoutMs / 1000, signal: io.interrupted(), say: (line) => io.note(`${name}: ${line}`) },
  );
}

/** Where users push to, and what they type first. */
export async function printFirstPush({ context: { io }, admin, namespace, name }: ReadyOptions): Promise<void> {
  io.out('');
  io.out(await addressLine(admin, namespace, name));
  io.out('');
  io.out('The first push:');
  io.out('  gitkube remote generate              # asks who may push what, and writes remote.yaml');
  io.out('  gitkube remote create -f remote.yaml # prints the URL');
  io.out('  git push <url> HEAD:main');
  io.out('');
  io.out(`To check the engine, the registry and the address, type: gitkube -n ${namespace} doctor`);
}

async function addressLine(admin: KubeAdmin, namespace: string, name: string): Promise<string> {
  const wanted = { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name } };
  const service = (await admin.getObject(wanted)) as V1Service | undefined;
  if (service === undefined) return `There is no Service ${namespace}/${name}, so nobody reaches the server.`;
  const nodes = needsNodes(service) ? await admin.listObjects<V1Node>('/api/v1/nodes').catch(() => undefined) : [];
  const found = addressOfService(service, nodes);
  if ('address' in found) return `Gitkube takes pushes at ssh://git@${found.address}/<namespace>/<remote>`;
  return `Gitkube runs and has no address yet: ${found.description}`;
}
