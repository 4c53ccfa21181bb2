import { expect, it } from 'vitest';
import { AddressList } from '../../base/address-list.ts';
import { clientAddress } from './client-address.ts';

const proxies = AddressList.read('10.0.0.0/8') as AddressList;
const request = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as never;

it.each([
  ['the one of the connection', request('192.0.2.1'), { address: '192.0.2.1', byProxy: false }],
  ['not what a stranger says', request('192.0.2.1', '198.51.100.9'), { address: '192.0.2.1', byProxy: false }],
  ['what the proxy says', request('10.0.0.1', '198.51.100.9'), { address: '198.51.100.9', byProxy: true }],
  [
    'the last that no proxy has, whatever stands before it',
    request('::ffff:10.0.0.1', '127.0.0.1, 198.51.100.9, 10.0.0.2'),
    { address: '198.51.100.9', byProxy: true },
  ],
  ['the proxy where that says nothing', request('10.0.0.1'), { address: '10.0.0.1', byProxy: true }],
  ['not known where the connection has ended', request(undefined, '1.2.3.4'), { address: undefined, byProxy: false }],
])('the address of a client is %s', (_, asked, address) => {
  expect(clientAddress(asked, proxies)).toEqual(address);
});

it('without a proxy only the connection counts', () => {
  expect(clientAddress(request('10.0.0.1', '1.2.3.4'), undefined)).toEqual({ address: '10.0.0.1', byProxy: false });
});
