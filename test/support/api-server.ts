import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { readKubeconfig } from '../cluster/kubeconfig.ts';
import { rig } from './rig.ts';

interface ApiServer {
  readonly url: string;
  /** Keeps its connections: the handshake costs more than most answers. */
  readonly agent: Agent;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

let known: ApiServer | undefined;

/**
 * What the API server answers to one who may do everything. For what a test prepares and looks at many times, as each
 * kubectl costs a tenth of a second of a processor.
 */
export async function callApi(method: Method, path: string, body?: object): Promise<string> {
  known ??= apiServer();
  const { url, agent } = known;
  const headers = { 'content-type': `application/${method === 'PATCH' ? 'merge-patch+json' : 'json'}` };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(`${url}${path}`, { agent, method, headers, timeout: 30_000 }, resolve);
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} is not answered within 30 s`)));
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
  const answered = await text(answer);
  if ((answer.statusCode ?? 0) >= 300) throw new Error(`${method} ${path} is refused: ${answered}`);
  return answered;
}

export async function createNamespace(name: string): Promise<void> {
  await callApi('POST', '/api/v1/namespaces', { metadata: { name } });
}

/** One that is there already is fine. */
export async function ensureNamespace(name: string): Promise<void> {
  await createNamespace(name).catch((error: Error) => {
    if (!error.message.includes('"reason":"AlreadyExists"')) throw error;
  });
}

/** Goes on in the background; one that is gone already is fine. */
export async function deleteNamespace(name: string): Promise<void> {
  await callApi('DELETE', `/api/v1/namespaces/${name}`).catch(unlessGone);
}

/** For what may be gone already. */
export function unlessGone(error: Error): void {
  if (!error.message.includes('"reason":"NotFound"')) throw error;
}

function apiServer(): ApiServer {
  const { server, ...credentials } = readKubeconfig(rig().kubeconfig);
  return { url: server, agent: new Agent({ keepAlive: true, ...credentials }) };
}
