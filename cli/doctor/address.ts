import { connect } from 'node:net';
import type { KubeAdmin, V1Node, V1Service } from '../../kube/index.ts';
import { splitAddress } from '../../server/address/public-address.ts';
import { addressOfService, type Found, needsNodes } from '../../server/address/service-address.ts';
import { installAgain } from '../installation.ts';
import type { Check, CheckContext } from './finding.ts';
import { fail, notLookedAt, ok, warn } from './finding.ts';

const timeoutMs = 5000;

export const address: Check = {
  name: 'address',
  run: async (context) => {
    const { config, home, signal, inside } = context;
    const found = await publicAddress(context);
    if (!found) return [notLookedAt()];
    if ('reason' in found) {
      return [
        fail(
          `users have no address to push to: ${found.description}`,
          `kubectl -n ${home} get service gitkube -o wide`,
          installAgain('--expose=NodePort'),
          `kubectl -n ${home} set env deploy/gitkube GITKUBE_PUBLIC_ADDRESS=<host:port>`,
        ),
      ];
    }
    const outside = await sshBanner(found.address, signal);
    if ('banner' in outside) return [ok(`${found.address} answers ${outside.banner}`)];
    const look = `ssh -p ${splitAddress(found.address).port} git@${splitAddress(found.address).host}`;
    if (!inside) {
      return [
        fail(
          `no SSH server answers at ${found.address} from here (${outside.problem})`,
          `kubectl -n ${home} get service,endpointslices`,
          `to reach it where nothing else does, type: kubectl -n ${home} port-forward service/gitkube 2222:22`,
          look,
        ),
      ];
    }
    const { host, port } = splitAddress(config.GITKUBE_SSH_LISTEN);
    const local = `${['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host}:${port}`;
    const here = await sshBanner(local, signal);
    if ('banner' in here) {
      const why = `the server answers at ${local}, but not at ${found.address} from here (${outside.problem})`;
      return [
        warn(`${why}; load balancers are often not reachable from inside`, `from where people push, type: ${look}`),
      ];
    }
    return [
      fail(
        `no SSH server answers at ${found.address} (${outside.problem}), nor at ${local} (${here.problem})`,
        `kubectl -n ${home} get pods`,
        `kubectl -n ${home} logs deploy/gitkube -c server --tail=20`,
        look,
      ),
    ];
  },
};

async function publicAddress({ config, admin }: CheckContext): Promise<Found | undefined> {
  if (config.GITKUBE_PUBLIC_ADDRESS !== undefined) return { address: config.GITKUBE_PUBLIC_ADDRESS };
  if (config.GITKUBE_SERVICE === undefined) {
    const { host, port } = splitAddress(config.GITKUBE_SSH_LISTEN);
    return { address: `${['0.0.0.0', '::'].includes(host) ? 'localhost' : host}:${port}` };
  }
  if (!admin) return undefined;
  const { namespace, name } = config.GITKUBE_SERVICE;
  const service = await findService(admin, config.GITKUBE_SERVICE);
  if (service === undefined)
    return { reason: 'ServiceUnknown', description: `there is no Service ${namespace}/${name}` };
  const nodes = needsNodes(service) ? await admin.listObjects<V1Node>('/api/v1/nodes').catch(() => undefined) : [];
  return addressOfService(service, nodes);
}

/** By a list with the name, as the server does it: its account need not have the right to get. */
export async function findService(
  admin: KubeAdmin,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<V1Service | undefined> {
  const path = `/api/v1/namespaces/${namespace}/services`;
  const [service] = await admin.listObjects<V1Service>(path, { fieldSelector: `metadata.name=${name}` });
  return service;
}

/** The first line that an SSH server says (RFC 4253, section 4.2), or why there is none. */
export function sshBanner(target: string, signal: AbortSignal): Promise<{ banner: string } | { problem: string }> {
  const { host, port } = splitAddress(target);
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const end = (result: { banner: string } | { problem: string }) => {
      socket.destroy();
      resolve(result);
    };
    let text = '';
    socket.setTimeout(timeoutMs, () => end({ problem: `no answer within ${timeoutMs / 1000} s` }));
    socket.on('error', (error: NodeJS.ErrnoException) => end({ problem: error.code ?? error.message }));
    socket.on('end', () => end({ problem: 'it closes the connection' }));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const line = /^[^\r\n]{0,255}/.exec(text)?.[0] ?? '';
      if (!text.includes('\n') && text.length < 256) return;
      end(line.startsWith('SSH-2.0-') ? { banner: line } : { problem: 'the answer is not that of an SSH server' });
    });
  });
}
