import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { Git } from 'node-git-server';

/**
 * A plain server made of node-git-server, its authentication as its README shows it: a push is asked for a password, a fetch
 * is not. Of its own weaknesses it has all. Four more are those of who puts it together: escapes in a path are decoded,
 * the lenient parser of Node is on, headers may be large, and a connection is kept as a proxy in front would want it.
 * @returns the port
 */
export async function weakHttp(folder: string, token: string): Promise<number> {
  const git = new Git((path) => normalize(join(folder, decodeURIComponent(path ?? ''))), {
    authenticate: ({ type, user }, next) => {
      if (type !== 'push') return next();
      user((_, password) => next(password === token ? undefined : new Error('wrong password')));
    },
  });
  const server = createServer({ insecureHTTPParser: true, maxHeaderSize: 64 * 1024 ** 2 }, (request, response) => {
    git.handle(request, keptOpen(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function keptOpen(request: IncomingMessage, response: ServerResponse): ServerResponse {
  if (request.headers.connection !== 'keep-alive') return response;
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) => (name === 'connection' ? response : setHeader(name, value));
  return response;
}
