import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';

/** Who the scripts say that they are, where they are asked (t/lib-httpd/passwd). */
export const password = 'pass@host';

/** What the Remotes of the scripts are in. */
export const namespace = 'scripts';

/** Which requests need what the client has said who it is; the others come with a token of the front. */
const asksFor: readonly RegExp[] = [
  /^\/auth\//,
  /^\/auth-push\/.*\/git-receive-pack$/,
  /^\/auth-fetch\/.*\/git-upload-pack$/,
  /^\/half-auth-complete\/.*(service=git-receive-pack|\/git-receive-pack)$/,
];

const redirects: readonly (readonly [RegExp, number, string])[] = [
  [/^\/smart-redir-perm\/(.*)$/, 301, '/smart/$1'],
  [/^\/smart-redir-temp\/(.*)$/, 302, '/smart/$1'],
  [/^\/smart-redir-auth\/(.*)$/, 301, '/auth/smart/$1'],
  [/^\/smart-redir-limited\/(.*\/info\/refs.*)$/, 301, '/smart/$1'],
  [/^\/insane-redir\/([^?]*)(.*)$/, 301, '/intern-redir/$1/foo$2'],
];

/** A name of a Remote has no underscore. */
export function nameOf(folder: string): string {
  return folder.replaceAll('_', '--');
}

export function folderOf(name: string): string {
  return name.replaceAll('--', '_');
}

/**
 * What the scripts expect of Apache's configuration (t/lib-httpd/apache.conf) and what Gitkube leaves to others: it stands between
 * the HTTP server of the door and its code, so that the connections are those of the door.
 * @returns what takes it away for servers that have had no request yet
 */
export function standInFront(root: string): () => void {
  const seen = new WeakSet<Server>();
  const stand = (message: unknown) => {
    const { server } = message as { server: Server };
    if (seen.has(server)) return;
    seen.add(server);
    const [door] = server.listeners('request') as [(request: IncomingMessage, response: ServerResponse) => void];
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      logAccess(root, request, response);
      if (!redirect(request, response)) door(asTheDoorKnowsIt(request), response);
    });
  };
  subscribe('http.server.request.start', stand);
  return () => unsubscribe('http.server.request.start', stand);
}

/** In the format that Apache calls common; written before the client can know that the answer is complete. */
function logAccess(root: string, request: IncomingMessage, response: ServerResponse): void {
  const line = `"${request.method} ${request.url} HTTP/${request.httpVersion}"`;
  response.once('prefinish', () => {
    appendFileSync(join(root, 'access.log'), `127.0.0.1 - - [-] ${line} ${response.statusCode} 1\n`);
  });
}

function redirect(request: IncomingMessage, response: ServerResponse): boolean {
  const url = request.url ?? '';
  const found = redirects.find(([pattern]) => pattern.test(url));
  if (!found) return false;
  const [pattern, status, to] = found;
  const location = `http://${request.headers.host}${url.replace(pattern, to)}`;
  response.writeHead(status, { location, 'content-length': 0 }).end();
  return true;
}

function asTheDoorKnowsIt(request: IncomingMessage): IncomingMessage {
  const url = (request.url ?? '').replace(/^\/intern-redir\/(.*)\/foo(?=\?|$)/, '/smart/$1');
  const [, kind, folder = '', rest] = /^(?:\/[\w-]+)?\/(smart|smart_v0)\/([^/]+)(\/.*)$/.exec(url) ?? [];
  if (kind === undefined) return request;
  if (kind === 'smart_v0') delete request.headers['git-protocol'];
  if (!asksFor.some((pattern) => pattern.test(url))) {
    request.headers.authorization = `Basic ${Buffer.from(`front:${password}`).toString('base64')}`;
  }
  request.url = `/${namespace}/${nameOf(folder)}${rest}`;
  return request;
}
