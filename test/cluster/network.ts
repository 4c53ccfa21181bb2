import { type Capsule, inside } from './capsule.ts';
import { RigError } from './rig-error.ts';
import { run, runToEnd } from './run.ts';

/** The addresses of one rig. All of them can be reached from the host and from inside, and from nowhere else. */
export interface Network {
  /** The host's end of the pair; its name is what claims the addresses. */
  readonly interfaceName: string;
  readonly hostAddress: string;
  /** The rig's end: node, API server, registry and node ports. */
  readonly nodeAddress: string;
  readonly podRange: string;
  readonly serviceRange: string;
  /** The address of the API server in `serviceRange`. */
  readonly serviceAddress: string;
  /** The address in `serviceRange` where pods look for DNS. Nothing answers there: the cluster has none. */
  readonly dnsAddress: string;
  /** The engine's bridge: its own address with the length of the prefix. */
  readonly engineBridge: string;
  readonly wholeRange: string;
}

const networkCount = 128;

/**
 * The addresses number `index`: a /22 of 198.18.0.0/15, the block that RFC 2544 sets aside for tests, so that it hides no
 * network that the machine is really connected to.
 */
export function networkAt(index: number): Network {
  const second = 18 + (index >> 6);
  const third = (index & 63) * 4;
  return {
    interfaceName: `gitkube${index}`,
    hostAddress: `198.${second}.${third}.1`,
    nodeAddress: `198.${second}.${third}.2`,
    podRange: `198.${second}.${third + 1}.0/24`,
    serviceRange: `198.${second}.${third + 2}.0/24`,
    serviceAddress: `198.${second}.${third + 2}.1`,
    dnsAddress: `198.${second}.${third + 2}.10`,
    engineBridge: `198.${second}.${third + 3}.1/24`,
    wholeRange: `198.${second}.${third}.0/22`,
  };
}

/** Connects a capsule with the host by the first free addresses. The kernel lets only one rig have an interface name. */
export async function connect(capsule: Capsule): Promise<Network> {
  const routes = (await run('ip', ['-4', '-oneline', 'route', 'show', 'table', 'all'])).split('\n');
  for (let index = 0; index < networkCount; index++) {
    const network = networkAt(index);
    if (routes.some((route) => hides(route, network))) continue;
    if (await claim(capsule, network)) return network;
  }
  throw new RigError('no addresses are free for another cluster', {
    hint: ['all of 198.18.0.0/15 is routed already: `ip route`, `scripts/cluster down` for rigs that are left over'],
  });
}

/**
 * Whether a line of `ip route` is about addresses of this network. A route wider than the whole block, such as the default
 * route or the halves that VPNs add, does not count: ours is the more specific one.
 */
export function hides(route: string, network: Network): boolean {
  const destination = /^(?:\w+ )?(\d+\.\d+\.\d+\.\d+(?:\/\d+)?)/.exec(route)?.[1] ?? '';
  const [address = '', bits = '32'] = destination.split('/');
  const [rangeStart = '', rangeBits = '22'] = network.wholeRange.split('/');
  const shift = 32 - Math.min(Number(bits), Number(rangeBits));
  return destination !== '' && Number(bits) >= 15 && toNumber(address) >>> shift === toNumber(rangeStart) >>> shift;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

async function claim(capsule: Capsule, network: Network): Promise<boolean> {
  const { interfaceName, hostAddress, nodeAddress, serviceRange, wholeRange } = network;
  const pair = [
    'link',
    'add',
    interfaceName,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    String(capsule.init.pid),
  ];
  const added = await runToEnd('ip', pair);
  if (added.lastLines.some((line) => line.includes('File exists'))) return false;
  if (added.code !== 0)
    throw new RigError('a pair of network interfaces cannot be created', { evidence: added.lastLines });
  const [enter, ...args] = inside(capsule);
  const setUp = [
    `ip address add ${nodeAddress}/24 dev eth0`,
    'ip link set eth0 up',
    // Nothing in here reaches beyond this machine, and is refused at once instead of after a timeout.
    'ip route add unreachable default',
    // A service address that kube-proxy did not translate belongs to no service: say so at once. DNS is one of them.
    `iptables -A FORWARD -d ${serviceRange} -j REJECT`,
  ].join(' && ');
  await run('ip', ['address', 'add', `${hostAddress}/24`, 'dev', interfaceName]);
  await run('ip', ['link', 'set', interfaceName, 'up']);
  await run(enter, [...args, 'sh', '-c', setUp]);
  await run('ip', ['route', 'add', wholeRange, 'via', nodeAddress]);
  return true;
}
