import { describe, expect, it } from 'vitest';
import { AddressList } from './address-list.ts';

function includes(list: string, address: string | undefined): boolean {
  const read = AddressList.read(list);
  if (typeof read === 'string') throw new Error(read);
  return read.includes(address);
}

describe('AddressList', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.30', false],
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['10.1.2.3', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:10.9.9.9', true],
    ['2001:db8::/32', '2001:db8:1::5', true],
    ['2001:db8::/32', '2001:db9::5', false],
    ['2001:0DB8:0::1', '2001:db8::1', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['10.1.*', '10.1.200.3', true],
    ['10.1.*', '10.10.1.3', false],
    ['10.1.2.?', '10.1.2.3', true],
    ['10.1.2.?', '10.1.2.33', false],
    ['10.*.3', '10.1.3.3', true],
    ['*.3.*', '10.3.4.5', true],
    ['*:ABCD', '2001:db8::abcd', true],
    ['*', '2001:db8::1', true],
    ['10.0.0.0/8,!10.6.6.6', '10.6.6.6', false],
    ['!10.6.6.6,10.0.0.0/8', '10.6.6.7', true],
    ['!10.6.6.6', '10.6.6.7', false],
    ['*,!::ffff:10.6.6.6', '10.6.6.6', false],
    ['::ffff:10.6.6.6', '10.6.6.6', true],
    ['::/0', '10.1.2.3', false],
  ])('%s and the client %s: %s', (list, address, expected) => {
    expect(includes(list, address)).toBe(expected);
  });

  it('includes no client whose address is not known', () => {
    expect(includes('*', undefined)).toBe(false);
  });

  it.each([
    ['', 'it has an empty item'],
    ['10.0.0.1,,10.0.0.2', 'it has an empty item'],
    ['!', 'it has an empty item'],
    ['10.0.0.0/33', 'it has 10.0.0.0/33, which is no network such as 10.0.0.0/8'],
    ['10.0.0/8', 'it has 10.0.0/8, which is no network such as 10.0.0.0/8'],
    ['10.0.0.0/8/8', 'it has 10.0.0.0/8/8, which is no network such as 10.0.0.0/8'],
    ['*.example.com', 'it has *.example.com, which is no address: names of hosts are not looked up'],
    ['bad.cafe', 'it has bad.cafe, which is no address: names of hosts are not looked up'],
    ['*.de', 'it has *.de, which is no address: names of hosts are not looked up'],
    ['10.1', 'it has 10.1, which is no address: names of hosts are not looked up'],
    ['::ffff:10.0.0.0/104', 'it has ::ffff:10.0.0.0/104: write the network of IPv4 addresses without ::ffff:'],
    ['bastion', 'it has bastion, which is no address: names of hosts are not looked up'],
  ])('refuses %j', (list, problem) => {
    expect(AddressList.read(list)).toBe(problem);
  });

  it('takes no long time for a pattern that was made for that', () => {
    expect(includes(`${'*1'.repeat(19)}.x`.replace('x', '?'), `${'1'.repeat(38)}`)).toBe(false);
  });
});
