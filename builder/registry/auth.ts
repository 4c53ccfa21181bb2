import { GitkubeError } from '../../base/errors.ts';
import type { RegistryCredentials } from '../types.ts';
import { deniedHint } from './credentials.ts';
import { limitedText } from './http.ts';
import type { PinnedHttp } from './pinned-http.ts';
import { type RealmRules, tokenRealm } from './token-realm.ts';

/**
 * The answer to a registry's `WWW-Authenticate`: Basic, or a token from the service that it names
 * (https://distribution.github.io/distribution/spec/auth/token/). Tokens are kept for each repository.
 */
export class RegistryAuth {
  readonly #host: string;
  readonly #credentials: RegistryCredentials | undefined;
  readonly #rules: Omit<RealmRules, 'resolve'>;
  readonly #headers = new Map<string, string>();

  constructor(host: string, credentials: RegistryCredentials | undefined, rules: Omit<RealmRules, 'resolve'>) {
    this.#host = host;
    this.#credentials = credentials;
    this.#rules = rules;
  }

  headers(repository = ''): Record<string, string> {
    const authorization = this.#headers.get(repository);
    return authorization === undefined ? {} : { authorization };
  }

  /**
   * Gets ready to send the request again; without credentials to offer, the registry's second answer says why.
   * @param from a repository that is read as well
   */
  async answer(
    challenge: string,
    repository = '',
    http: PinnedHttp,
    signal: AbortSignal,
    from?: string,
  ): Promise<void> {
    const { scheme, parameters } = parseChallenge(challenge);
    if (scheme === 'basic' && this.#credentials) this.#headers.set(repository, basic(this.#credentials));
    if (scheme === 'bearer')
      this.#headers.set(repository, `Bearer ${await this.#token(parameters, [repository, from], http, signal)}`);
  }

  async #token(
    parameters: ReadonlyMap<string, string>,
    [repository, from]: readonly [string, string | undefined],
    http: PinnedHttp,
    signal: AbortSignal,
  ): Promise<string> {
    const realm = await this.#realm(parameters.get('realm') ?? '', http);
    const query = new URLSearchParams();
    const service = parameters.get('service');
    if (service !== undefined) query.set('service', service);
    if (repository !== '') query.set('scope', `repository:${repository}:pull,push`);
    if (from !== undefined) query.append('scope', `repository:${from}:pull`);
    const response = await this.#ask(realm, query, http, signal);
    if (!response.ok) {
      // Unread, it keeps its connection.
      await response.body?.cancel();
      throw this.#refused(response.status);
    }
    const token = tokenIn(await limitedText(response));
    if (token !== undefined) return token;
    throw new GitkubeError('RegistryUnavailable', `the token service of ${this.#host} answers without a token`);
  }

  #ask(realm: URL, query: URLSearchParams, http: PinnedHttp, signal: AbortSignal): Promise<Response> {
    if (this.#credentials?.username === '<token>') {
      // Of a form it is one field, separated by blanks (RFC 6749, section 3.3).
      const scopes = query.getAll('scope');
      if (scopes.length > 1) query.set('scope', scopes.join(' '));
      query.set('grant_type', 'refresh_token');
      query.set('refresh_token', this.#credentials.password);
      query.set('client_id', 'gitkube');
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return http.fetch(realm.href, { method: 'POST', headers, body: query.toString(), signal });
    }
    for (const [name, value] of query) realm.searchParams.append(name, value);
    const headers = this.#credentials ? { authorization: basic(this.#credentials) } : {};
    return http.fetch(realm.href, { method: 'GET', headers, signal });
  }

  async #realm(text: string, { resolve }: PinnedHttp): Promise<URL> {
    const realm = await tokenRealm(text, { ...this.#rules, resolve });
    if ('url' in realm) return realm.url;
    const message = `the registry ${this.#host} ${realm.problem}`;
    throw new GitkubeError('RegistryDenied', message, { hint: realm.hint });
  }

  #refused(status: number): GitkubeError {
    if (status < 400 || status >= 500 || status === 429) {
      return new GitkubeError('RegistryUnavailable', `the token service of ${this.#host} answers ${status}`);
    }
    return new GitkubeError('RegistryDenied', `the registry ${this.#host} refuses the credentials (HTTP ${status})`, {
      hint: deniedHint(this.#host, this.#credentials),
    });
  }
}

/** A token that fits into a header; the answer is whatever some server says. */
function tokenIn(text: string): string | undefined {
  let answer: { token?: unknown; access_token?: unknown } | null;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  const token = answer?.token ?? answer?.access_token;
  return typeof token === 'string' && /^[!-~]+$/.test(token) ? token : undefined;
}

function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** `Bearer realm="https://…",service="…"`; of several challenges the first counts. RFC 9110, section 11.6.1. */
export function parseChallenge(text: string): { scheme: string; parameters: ReadonlyMap<string, string> } {
  const scheme = /^\s*([\w-]+)/.exec(text)?.[1]?.toLowerCase() ?? '';
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare] of text.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '';
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
  }
  return { scheme, parameters };
}
