import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { canonicalHost, registryAddress } from '../images/names.ts';
import type { RegistryCredentials } from '../types.ts';

/** The user name that a Docker client sends with an identity token. */
const identityToken = '<token>';

/** A Secret as the Kubernetes API gives it: values in base64. */
export interface SecretContent {
  /** `namespace/name`, for messages. */
  readonly name: string;
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

interface AuthEntry {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
  readonly identitytoken?: unknown;
}

/**
 * The credentials for one registry out of a Secret of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg.
 * Messages name hosts and keys that are there, never values.
 * @throws GitkubeError SecretUnusable
 */
export function credentialsFromSecret(secret: SecretContent, registryUrl: string): RegistryCredentials {
  const { host, path } = registryAddress(registryUrl);
  const entries = Object.entries(authEntries(secret));
  const entry = bestMatch(entries, host, path);
  if (entry === undefined) {
    const there = entries.map(([key]) => plain(key, 100)).join(', ') || 'none';
    throw unusable(secret, `holds no credentials for ${host}, only for: ${there}`, host);
  }
  const isAlone = entries.length === 1 && secret.data['.dockerconfigjson'] !== undefined;
  return { host, ...userAndPassword(secret, entry, host), from: secret.name, isAlone };
}

function authEntries(secret: SecretContent): Record<string, AuthEntry> {
  const modern = secret.data['.dockerconfigjson'];
  const old = secret.data['.dockercfg'];
  const encoded = modern ?? old;
  if (encoded === undefined) {
    const keys =
      Object.keys(secret.data)
        .map((key) => plain(key, 60))
        .join(', ') || 'nothing';
    throw unusable(secret, `is of type '${plain(secret.type, 60)}' with ${keys}: no .dockerconfigjson in it`);
  }
  const parsed = parseJson(Buffer.from(encoded, 'base64').toString('utf8'));
  const entries = modern === undefined ? parsed : (parsed as { auths?: unknown } | undefined)?.auths;
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
    throw unusable(secret, modern === undefined ? 'is not a JSON object' : "is not a JSON object with 'auths' in it");
  }
  return entries as Record<string, AuthEntry>;
}

/** The key with the longest path that leads to the image, as the kubelet chooses. */
function bestMatch(entries: readonly [string, AuthEntry][], host: string, path: string): AuthEntry | undefined {
  let best: { readonly entry: AuthEntry; readonly length: number } | undefined;
  for (const [key, entry] of entries) {
    const { keyHost, keyPath } = splitKey(key);
    const fits = keyPath === '' || path === keyPath || path.startsWith(`${keyPath}/`);
    if (canonicalHost(keyHost) !== host || !fits || typeof entry !== 'object' || entry === null) continue;
    if (best === undefined || keyPath.length > best.length) best = { entry, length: keyPath.length };
  }
  return best?.entry;
}

/** `https://index.docker.io/v1/`, `host`, `host:port/path`. */
function splitKey(key: string): { keyHost: string; keyPath: string } {
  const [keyHost = '', ...rest] = key.replace(/^https?:\/\//, '').split('/');
  const path = rest.join('/').replace(/\/+$/, '');
  return { keyHost, keyPath: /^v[12]$/.test(path) ? '' : path };
}

function userAndPassword(
  secret: SecretContent,
  entry: AuthEntry,
  host: string,
): { username: string; password: string } {
  if (typeof entry.identitytoken === 'string' && entry.identitytoken !== '') {
    return { username: identityToken, password: entry.identitytoken };
  }
  const decoded = typeof entry.auth === 'string' ? Buffer.from(entry.auth, 'base64').toString('utf8') : '';
  const colon = decoded.indexOf(':');
  const username = colon > 0 ? decoded.slice(0, colon) : entry.username;
  const password = colon > 0 ? decoded.slice(colon + 1) : entry.password;
  if (typeof username !== 'string' || typeof password !== 'string' || username === '' || password === '') {
    throw unusable(secret, `names ${host} without a user and a password`, host);
  }
  return { username, password };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unusable(secret: SecretContent, what: string, host = '<registry>'): GitkubeError {
  const [namespace = ''] = secret.name.split('/');
  return new GitkubeError('SecretUnusable', `the Secret ${secret.name} ${what}`, {
    hint: [
      `to create one under another name, type: ${createSecret(namespace, '<name>', host)}`,
      `name it in spec.registry.credentials.secretRef: ${editRemote}`,
    ],
  });
}

/** The command that creates a Secret with credentials. */
export function createSecret(namespace: string, name: string, host: string, user = '<user>'): string {
  // What kubelets and Docker look for.
  const server = canonicalHost(host) === 'docker.io' ? 'https://index.docker.io/v1/' : host;
  return `kubectl -n ${namespace} create secret docker-registry ${name} --docker-server=${server} --docker-username=${user} --docker-password=<password>`;
}

/** @param when behind the field, such as `, if it asks for any` */
export function nameCredentials(host: string, when = ''): string {
  return `name a Secret with credentials for ${host} in spec.registry.credentials.secretRef${when}: ${editRemote}`;
}

/** What to do where a registry refuses these credentials, or any who has none. */
export function deniedHint(host: string, credentials: RegistryCredentials | undefined): string | string[] {
  if (credentials === undefined) return nameCredentials(host);
  const { username, from, isAlone } = credentials;
  const isToken = username === identityToken;
  const user = isToken ? 'its user' : plain(username, 60);
  const secret = isToken ? 'the identity token' : `the password of user ${user}`;
  const check = `check ${secret}${from === undefined ? '' : ` in Secret ${from}`}, and that ${user} may push to ${host}`;
  // The command would delete the credentials for other hosts.
  if (from === undefined || !isAlone) return check;
  const [namespace = '', name = ''] = from.split('/');
  return [
    `${check}; to replace the whole Secret, type:`,
    `${createSecret(namespace, name, host, /^[\w.@-]+$/.test(username) ? username : undefined)} --dry-run=client -o yaml | kubectl replace -f -`,
  ];
}
