import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.ts';
import type { GitGateway } from '../gateways/git-gateway.ts';
import { answerText } from './answer.ts';
import { type Exchange, exchange } from './exchange.ts';
import type { Route } from './route.ts';

export interface ServeParts {
  readonly git: Pick<GitGateway, 'fetch' | 'advertise' | 'push' | 'foresee'>;
  readonly unreadMs: number;
}

export interface Asked {
  readonly route: Route;
  readonly principal: Principal;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

type How = Pick<Exchange, 'type' | 'maxInflatedBytes' | 'unreadMs'>;

/** A request of a fetch names commits: of a hundred thousand it has 5 MB. */
const MAX_INFLATED_BYTES = 16 * 1024 ** 2;

/** Answers one of the three requests, for somebody who is known. @throws why not, as the gateway */
export async function serveRoute(parts: ServeParts, asked: Asked): Promise<void> {
  const { route, request, response } = asked;
  const { service, kind } = route;
  if (kind === 'rpc' && request.headers['content-type'] !== `application/x-${service}-request`) {
    return answerText(request, response, 415, `gitkube: the body has to be application/x-${service}-request\n`);
  }
  if (!/^((x-)?gzip)?$/.test(request.headers['content-encoding'] ?? '')) {
    return answerText(request, response, 415, 'gitkube: only gzip is taken\n');
  }
  const type = `application/x-${service}-${kind === 'refs' ? 'advertisement' : 'result'}`;
  const how = { type, maxInflatedBytes: MAX_INFLATED_BYTES, unreadMs: parts.unreadMs };
  if (service === 'git-receive-pack' && kind === 'rpc') return push(parts, asked, how);
  return read(parts, asked, how);
}

async function push({ git }: ServeParts, { route, principal, request, response }: Asked, how: How): Promise<void> {
  // Before a push that it sends in chunks, git asks by an empty one whether its password is right.
  if (request.headers['content-length'] === '4') {
    await git.foresee(route.remote, principal);
    response.writeHead(200, { 'content-type': how.type, 'content-length': 0, 'cache-control': 'no-cache' }).end();
    return;
  }
  const { service, received, relay } = await git.push(route.remote, principal, 'rpc');
  const error = await exchange(service, request, response, { ...how, received, relay });
  if (error) throw error;
}

async function read({ git }: ServeParts, { route, principal, request, response }: Asked, how: How): Promise<void> {
  const { remote, service, kind } = route;
  const protocol = protocolOf(request);
  const isFetch = service === 'git-upload-pack';
  const process = isFetch
    ? await git.fetch(remote, principal, protocol, kind === 'refs' ? 'advertise' : 'rpc')
    : await git.advertise(remote, principal);
  const begin = kind === 'refs' && !(isFetch && protocol === 'version=2') ? serviceLine(service) : '';
  const error = await exchange(process, request, response, { ...how, begin, received: () => false });
  if (error) throw error;
}

/** As git takes it from an SSH client: nothing else gets into the environment of git. */
function protocolOf({ headers }: IncomingMessage): string | undefined {
  const value = [headers['git-protocol'] ?? []].flat()[0];
  return value !== undefined && /^version=[012]$/.test(value) ? value : undefined;
}

function serviceLine(service: string): string {
  const line = `# service=${service}\n`;
  return `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`;
}
