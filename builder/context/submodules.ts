import { textOfBytes } from '../../base/byte-string.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Submodule } from '../types.ts';

/** How many are named. */
const shown = 5;

/** Whether submodules may be fetched from there: over https, or over http where the host is named with a port. */
export function isAllowedUrl(text: string, hosts: readonly string[]): boolean {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return false;
  return hosts.includes(url.host) && (url.protocol === 'https:' || url.port !== '');
}

/**
 * Which submodules of a build context are fetched.
 * @param hosts that the operator has allowed; none: nothing is fetched, and their folders stay empty
 * @throws SubmoduleUnavailable with those that cannot be fetched
 */
export function judgeSubmodules(
  label: string,
  submodules: readonly Submodule[],
  hosts: readonly string[],
): { readonly fetched: readonly Required<Submodule>[]; readonly lines: readonly string[] } {
  if (submodules.length === 0) return { fetched: [], lines: [] };
  if (hosts.length === 0) {
    return { fetched: [], lines: [`${label}: the folders of submodules stay empty: ${named(submodules)}`] };
  }
  const fetched = submodules.filter((one): one is Required<Submodule> => isAllowedUrl(one.url ?? '', hosts));
  const others = submodules.filter((one) => !isAllowedUrl(one.url ?? '', hosts));
  if (others.length === 0) return { fetched, lines: [] };
  const message = `the build of ${label} needs submodules that this server does not fetch: ${named(others)}`;
  throw new GitkubeError('SubmoduleUnavailable', message, {
    evidence: others.slice(0, shown).map(({ path, url }) => `${plain(textOfBytes(path), 100)}: ${whyNot(url, hosts)}`),
    hint: [
      'exclude them from the build with a .dockerignore, or commit what they have',
      `or ask the operator to add the host to GITKUBE_SUBMODULE_HOSTS, which has ${hosts.join(', ')}`,
    ],
  });
}

function named(submodules: readonly Submodule[]): string {
  const names = submodules.slice(0, shown).map(({ path }) => plain(textOfBytes(path), 100));
  return [...names, ...(submodules.length > shown ? [`and ${submodules.length - shown} more`] : [])].join(', ');
}

function whyNot(text: string | undefined, hosts: readonly string[]): string {
  if (text === undefined) return '.gitmodules does not name it';
  const url = URL.parse(text);
  const shownUrl = plain(text.replace(/\/\/[^/@]*@/, '//…@'), 200);
  if (!url) return `its URL is ${shownUrl}, which is relative or for ssh: write an https URL`;
  if (!/^https?:$/.test(url.protocol)) return `its URL is ${shownUrl}: write an https URL`;
  if (url.username || url.password) return `its URL ${shownUrl} has a login, which everybody could read`;
  return hosts.includes(url.host) ? `its URL ${shownUrl} is without TLS` : `its URL is ${shownUrl}, at ${url.host}`;
}
