import { AddressList } from '../base/address-list.ts';
import { count } from '../base/text.ts';
import { readExpiryTime } from './expiry-time.ts';
import type { KeyLimits } from './remote.ts';

/** What stands before a key in its line (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
export interface KeyOptions {
  readonly limits: KeyLimits;
  /** Names of options that have no effect. */
  readonly ignored: readonly string[];
}

/** They forbid what Gitkube never allows. */
const harmless = new Set([
  'restrict',
  'no-pty',
  'no-port-forwarding',
  'no-agent-forwarding',
  'no-x11-forwarding',
  'no-user-rc',
]);

/** They allow or set what Gitkube does not have. */
const withoutEffect = new Set([
  ...['agent-forwarding', 'environment', 'permitlisten', 'permitopen', 'port-forwarding', 'pty', 'tunnel', 'user-rc'],
  'x11-forwarding',
]);

/** They narrow what a key may do in ways that Gitkube does not have: a key is never taken without them. */
const notSupported = new Set(['cert-authority', 'command', 'principals']);

type Reader = (value: string | undefined, limits: KeyLimits) => KeyLimits | string;

const readers: Readonly<Record<string, Reader>> = {
  'expiry-time': (value, limits) => {
    const at = readExpiryTime(value ?? '');
    if (at === undefined) return 'its expiry-time is no time: write YYYYMMDD, or YYYYMMDDHHMM with a Z for UTC';
    return { ...limits, expiresAt: Math.min(at, limits.expiresAt ?? at) };
  },
  from: (value, limits) => {
    if (limits.from !== undefined) return 'it has the option from twice';
    const list = AddressList.read(value ?? '');
    return typeof list === 'string' ? `its option from cannot be used: ${list}` : { ...limits, from: value ?? '' };
  },
  'no-touch-required': (_value, limits) => ({ ...limits, needsTouch: false }),
  'verify-required': (_value, limits) => ({ ...limits, needsPin: true }),
};

/** @returns a text instead, if the key cannot be taken with them: why */
export function readKeyOptions(text: string): KeyOptions | string {
  let limits: KeyLimits = {};
  const ignored: string[] = [];
  for (const option of splitOptions(text)) {
    const [, written = '', quoted] = /^([^=]*)(?:="((?:\\.|[^"\\])*)")?$/s.exec(option) ?? [];
    const name = written.toLowerCase();
    if (harmless.has(name)) continue;
    if (withoutEffect.has(name)) ignored.push(name);
    else {
      const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
      if (!read) return notTaken(option, name);
      const result = read(quoted?.replaceAll('\\"', '"'), limits);
      if (typeof result === 'string') return result;
      limits = result;
    }
  }
  return { limits, ignored: [...new Set(ignored)] };
}

/** A word that is not known may be a password that stands at the wrong place: it is not repeated. */
function notTaken(option: string, name: string): string {
  const before = option.split('=', 1)[0] ?? '';
  const known = notSupported.has(name) ? name : notSupported.has(before.toLowerCase()) ? before : undefined;
  const named = known ? `the option ${known}` : `an option of ${count(before.length, 'character')}`;
  return `${named} is not supported, and a key is not taken without its options`;
}

function splitOptions(options: string): string[] {
  return options.match(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g) ?? [];
}
