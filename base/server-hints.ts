import { askForm, asShell } from './git-remote.ts';

/**
 * The URL of a Remote in a command of git, for a hint. Only a clone knows what it calls a Remote, and it may call another one
 * `dev`: with the URL the command works in every clone, and reaches no other Remote. The author of a hint knows neither where
 * clients reach the server, which whatever prints the hint fills in (`namingServer`), nor, maybe, which Remote it is about
 * (`namingRemote`).
 */
export function remoteUrl({ id }: { readonly id: string } = { id: anyRemote }): string {
  return `${place}${wholeOf(id)}`;
}

/** git has the whole Remote, of which an environment is a branch. */
function wholeOf(id: string): string {
  return id.split('/').slice(0, 2).join('/');
}

/** A push, for a hint. */
export interface PushWords {
  /** Of the Remote; unset: whatever prints the hint fills it in. */
  readonly id?: string;
  readonly options?: readonly string[];
  /** What is pushed; unset: what is checked out. */
  readonly from?: string;
  /** A branch, or a ref in full. */
  readonly to: string;
}

/**
 * What to type to push. A branch is named in full: from a detached HEAD, as CI has it, git does not know what a name is that is not
 * there yet. Each word is one for a shell: git takes a branch `x$(id)`.
 */
export function gitPush({ id, options = [], from = 'HEAD', to }: PushWords): string {
  const ref = to.startsWith('refs/') ? to : `refs/heads/${to}`;
  return `${asShell(['git', 'push', ...options])} ${remoteUrl(id === undefined ? undefined : { id })} ${asShell([`${from}:${ref}`])}`;
}

/** What to type to see the commits of a branch that a clone does not have; what is checked out stays as it is. */
export function seeCommits({ id, branch }: { readonly id?: string; readonly branch: string }): string {
  const url = remoteUrl(id === undefined ? undefined : { id });
  return `git fetch ${url} ${asShell([branch])} && git log ..FETCH_HEAD`;
}

/** What to type to ask the server something, for a hint; `namingServer` fills in where it is. */
export function askServer(words: string): string {
  return `${ask} ${words}`;
}

/** The same about the Remote of whatever prints the hint (`namingRemote`). */
export function askAboutRemote(word: string): string {
  return askServer(`${word} ${anyRemote}`);
}

/** What an author writes who does not know which Remote a command is about. */
export const anyRemote = '<namespace>/<name>';

/** What to do where the operator has not turned on what takes rights that the server does not need for anything else. */
export function askToTurnOn(what: 'env' | 'run' | 'tasks'): string {
  return `ask the operator to set ${what}.enabled=true in the values of the chart (gitkube install --values, or helm upgrade --set)`;
}

/** Only they may grant rights, or change a quota; a pusher has no such rights in the cluster. */
export const askAdministrator = 'ask an administrator of the cluster to';

/** How the reader of a hint reaches the server. */
export interface WayToServer {
  /** How the URL of a Remote looks, which has placeholders as long as nobody knows the address. */
  readonly urlForm: string;
  /** What the commands of the server follow; unset: ssh, to that address. */
  readonly program?: string | undefined;
}

/** A hint as its reader can type it. */
export function namingServer(hint: string, { urlForm, program }: WayToServer): string {
  const [base = place] = /^(?:ssh|https):\/\/[^/]*\//.exec(urlForm) ?? [];
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
