import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type AddressList, withoutMapping } from '../../base/address-list.ts';

/**
 * Where a request comes from. Only a proxy that the operator has named may say for whom it asks, and only what the last of them
 * has seen counts: what stands before that in the header, the client may have written.
 */
export function clientAddress(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  proxies: AddressList | undefined,
): { readonly address: string | undefined; readonly byProxy: boolean } {
  const direct = socket.remoteAddress && withoutMapping(socket.remoteAddress);
  if (!direct || !proxies?.includes(direct)) return { address: direct, byProxy: false };
  const named = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const hops = named.map(addressIn).filter((one) => isIP(one) > 0);
  const client = hops.findLast((hop) => !proxies.includes(hop));
  return { address: client ?? hops[0] ?? direct, byProxy: true };
}

/** Some proxies write the port behind it. */
function addressIn(hop: string): string {
  const text = hop.trim().replace(/^\[(.*)\](:\d+)?$|^([0-9.]+):\d+$/, '$1$3');
  return withoutMapping(text);
}
