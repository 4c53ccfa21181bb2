import { askForm, asShell } from './git-remote.ts';

/**
 * The URL of a Remote in a command of git, for a hint. Only a clone knows what it calls a Remote, and it may call another one
 * `dev`: with the URL the command works in every clone, and reaches no other Remote. The author of a hint knows neither where
 * clients reach the server, which whatever prints the hint fills in (`namingServer`), nor, maybe, which Remote it is about
 * (`namingRemote`).
 */
export function remoteUrl({ id }: { readonly id: string } = { id: '<namespace>/<name>' }): string {
  return `${place}${id}`;
}

/** What to type to ask the server something, for a hint; `namingServer` fills in where it is. */
export function askServer(words: string): string {
  return `${ask} ${words}`;
}

/** How the reader of a hint reaches the server. */
export interface WayToServer {
  /** How the URL of a Remote looks, which has placeholders as long as nobody knows the address. */
  readonly urlForm: string;
  /** What the commands of the server follow; unset: ssh, to that address. */
  readonly program?: string | undefined;
}

/** A hint as its reader can type it. */
export function namingServer(hint: string, { urlForm, program }: WayToServer): string {
  const [base = place] = /^ssh:\/\/[^/]*\//.exec(urlForm) ?? [];
  return hint
    .replaceAll(ask, () => program ?? askForm(urlForm, '').trim())
    .replace(urls, (found) => forShell(found.replace(place, base)));
}

const place = 'ssh://git@<host>:<port>/';
const ask = askForm(place, '').trim();
const urls = /ssh:\/\/git@<host>:<port>\/[^\s,;'"]*/g;

/** A shell would take the brackets of an IPv6 address for a pattern. */
function forShell(found: string): string {
  return found.includes('[') ? asShell([found]) : found;
}
