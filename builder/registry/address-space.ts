import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** The addresses behind a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/**
 * From where an address is reached: from everywhere, from a private network, or from this machine alone
 * (https://wicg.github.io/private-network-access/#ip-address-space-heading).
 */
export type AddressSpace = 'public' | 'private' | 'local';

export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

// Link-local is where clouds hand out the credentials of the machine.
const local = blockList(['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '::/127', 'fe80::/10']);
const unshared = blockList([
  ...['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15', 'fc00::/7'],
  // IPv4 inside of IPv6: NAT64 and 6to4.
  ...['64:ff9b::/96', '64:ff9b:1::/48', '2002::/16'],
]);

/** Of each address of a name; none of a name that has none. */
export async function addressSpaces(hostname: string, resolve: Resolve): Promise<readonly AddressSpace[]> {
  const name = hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(name) ? [name] : await resolve(name);
  return addresses.map((address) => {
    if (local.check(address, family(address))) return 'local';
    return unshared.check(address, family(address)) ? 'private' : 'public';
  });
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), family(address));
  }
  return list;
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
