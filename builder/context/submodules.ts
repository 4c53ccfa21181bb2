import { textOfBytes } from '../../base/byte-string.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Submodule } from '../types.ts';

/** How many are named. */
const shown = 5;

/**
 * The URL of a submodule as git is given it, if it may be fetched from there: over https, or over http where the host is named
 * with a port. Programs differ in what they take for the host of an odd URL, so nothing of how it was written is left.
 */
export function allowedUrl(text: string, hosts: readonly string[]): string | undefined {
  if (!/^https?:\/\/[\w.:[\]-]+\/[\w.~%+/@,=-]*$/i.test(text)) return undefined;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
  const isNamed = hosts.some((host) => host.toLowerCase().replace(/:443$/, '') === url.host);
  return isNamed && (url.protocol === 'https:' || url.port !== '') ? url.href : undefined;
}

/** Its URL as far as it may be shown. */
export function shownUrl(text: string): string {
  return plain(text.replace(/\/\/[^/@]*@/, '//…@'), 200);
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
  const fetched = submodules.flatMap(({ path, commit, url: written = '' }) => {
    const url = allowedUrl(written, hosts);
    return url === undefined ? [] : [{ path, commit, url }];
  });
  const others = submodules.filter(({ url = '' }) => allowedUrl(url, hosts) === undefined);
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
  const shown = shownUrl(text);
  if (!url) return `its URL is ${shown}, which is relative or for ssh: write an https URL`;
  if (!/^https?:$/.test(url.protocol)) return `its URL is ${shown}: write an https URL`;
  if (url.username || url.password) return `its URL ${shown} has a login, which everybody could read`;
  return hosts.includes(url.host) ? `its URL ${shown} is without TLS` : `its URL is ${shown}, at ${url.host}`;
}
