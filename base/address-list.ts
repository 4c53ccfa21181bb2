import { BlockList, isIP } from 'node:net';
import { plain } from './text.ts';

/** Parts of addresses with signs for the rest; a name of a host may have letters of IPv6, and dots. */
const addressPattern = /^(?=.*[*?])(?:[0-9.*?]+|(?=.*:)[0-9a-f.:*?]+)$/i;

/**
 * Addresses as `from` of an authorized_keys line has them (PATTERNS of ssh_config(5)): addresses, networks such as
 * `10.0.0.0/8`, `*` and `?` for any characters and for one, and `!` before what is left out whatever else fits. Names of hosts are
 * refused: they are not looked up, as in sshd with `UseDNS no`.
 */
export class AddressList {
  readonly #wanted: readonly Matches[];
  readonly #unwanted: readonly Matches[];

  private constructor(items: readonly string[]) {
    this.#wanted = items.filter((item) => !item.startsWith('!')).map(matcher);
    this.#unwanted = items.filter((item) => item.startsWith('!')).map((item) => matcher(item.slice(1)));
  }

  /** @returns a text instead, if it is none: what is wrong with it */
  static read(text: string): AddressList | string {
    const items = text.split(',').map((item) => item.trim());
    const bad = items.map(problemOf).find((problem) => problem !== undefined);
    return bad ?? new AddressList(items);
  }

  /** @param address of a client, IPv4 or IPv6; undefined: not known, which fits nothing */
  includes(address: string | undefined): boolean {
    if (address === undefined) return false;
    const plainAddress = withoutMapping(address);
    const fits = (one: Matches) => one(plainAddress);
    return this.#wanted.some(fits) && !this.#unwanted.some(fits);
  }
}

type Matches = (address: string) => boolean;

/** IPv4 over an IPv6 socket (RFC 4291, section 2.5.5.2) is IPv4, and a zone is no part of an address. */
export function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
}

function problemOf(item: string): string | undefined {
  const text = withoutMapping(item.replace(/^!/, ''));
  if (text === '') return 'it has an empty item';
  const [address = '', bits, ...more] = text.split('/');
  if (bits === undefined) {
    if (isIP(address) !== 0 || addressPattern.test(address)) return undefined;
    return `it has ${plain(text, 60)}, which is no address: names of hosts are not looked up`;
  }
  const longest = isIP(address) === 4 ? 32 : 128;
  if (/^::ffff:.*\./i.test(address))
    return `it has ${plain(text, 60)}: write the network of IPv4 addresses without ::ffff:`;
  const fits = isIP(address) !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= longest;
  return fits ? undefined : `it has ${plain(text, 60)}, which is no network such as 10.0.0.0/8`;
}

function matcher(written: string): Matches {
  const item = withoutMapping(written);
  const [address = '', bits] = item.split('/');
  const version = isIP(address);
  if (version === 0) return wildcard(item);
  const list = new BlockList();
  const family = version === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(address, Number(bits ?? (version === 4 ? 32 : 128)), family);
  return (client) => isIP(client) === version && list.check(client, family);
}

/** In time linear in both for each `*`: a regular expression of many stars would take forever to fail. */
function wildcard(pattern: string): Matches {
  const wanted = pattern.toLowerCase();
  return (client) => fits(wanted, client.toLowerCase());
}

function fits(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < text.length; ) {
    const sign = pattern[at];
    if (sign === '*') {
      star = at++;
      resume = index;
    } else if (sign === '?' || sign === text[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
