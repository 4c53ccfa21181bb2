import { addressSpaces, type Resolve } from './address-space.ts';

export interface RealmRules {
  /** `host[:port]` of the registry that names the token service. */
  readonly registry: string;
  /** Whether that registry may be spoken to without TLS. */
  readonly plainHttp: boolean;
  /** Named by the operator of the server, and not only by the author of a Remote. */
  readonly trusted: boolean;
  readonly insecureRegistries: readonly string[];
  /** What it answers is what is connected to. */
  readonly resolve: Resolve;
}

export type Realm = { readonly url: URL } | { readonly problem: string; readonly hint: string };

/**
 * The token service that a registry names, if credentials may go there and a request from inside of the cluster, too.
 * Both the address and the path are the registry's choice, and the registry is the choice of the author of the Remote:
 * so a registry may lead to itself, or over TLS to what is reached from everywhere it is reached from; never to what listens
 * on this machine, or without TLS, unless the operator says so.
 */
export async function tokenRealm(text: string, rules: RealmRules): Promise<Realm> {
  const url = URL.parse(text);
  const hint = 'ask the operator of the registry: the realm of its WWW-Authenticate header must be an https URL';
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    return { problem: 'names no token service', hint };
  }
  const named = rules.trusted && rules.insecureRegistries.includes(url.host);
  if (named || (isRegistry(url, rules) && (url.protocol === 'https:' || rules.plainHttp))) return { url };
  if (url.protocol === 'http:') return { problem: `names a token service without TLS, at ${url.host}`, hint };
  if (rules.trusted) return { url };
  if (await isReachedAlike(url, rules)) return { url };
  return {
    problem: `names a token service at an address that is not public, ${url.host}`,
    hint: `if that is intended, ask the operator of this server to add ${rules.registry} to GITKUBE_INSECURE_REGISTRIES`,
  };
}

function isRegistry(url: URL, { registry }: RealmRules): boolean {
  return URL.parse(`${url.protocol}//${registry}`)?.host === url.host;
}

/** Whichever of its addresses is connected to; and whichever of the registry's own the registry was reached at. */
async function isReachedAlike(url: URL, { registry, resolve }: RealmRules): Promise<boolean> {
  const spaces = await addressSpaces(url.hostname, resolve);
  if (spaces.length === 0 || spaces.includes('local')) return false;
  if (!spaces.includes('private')) return true;
  const own = await addressSpaces(new URL(`https://${registry}`).hostname, resolve);
  return own.length > 0 && own.every((space) => space === 'private');
}
