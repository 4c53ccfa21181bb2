import { createReadStream } from 'node:fs';
import { type RequestOptions, request } from './request.ts';
import { RigError } from './rig-error.ts';

/** The engine of this machine that programs would use. Undefined when it is not one behind a unix socket. */
export function machineEngine(env: NodeJS.ProcessEnv): string | undefined {
  const host = env.GITKUBE_TEST_DOCKER_HOST || env.DOCKER_HOST || 'unix:///var/run/docker.sock';
  return host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
}

export async function engineAnswers(socketPath: string): Promise<boolean> {
  return (await request('http://engine/_ping', { socketPath, timeout: 2000 })).status === 200;
}

export interface EngineCall extends RequestOptions {
  /** Sent as JSON. */
  readonly json?: object;
  /** Statuses beside 2xx that are an answer, too. */
  readonly accept?: readonly number[];
}

/** One call of the Docker Engine API; throws with the engine's own words when it refuses. */
export async function callEngine(socketPath: string, path: string, options: EngineCall = {}): Promise<string> {
  const { json, accept = [], ...rest } = options;
  const response = await request(`http://engine${path}`, {
    socketPath,
    timeout: 120_000,
    ...rest,
    ...(json === undefined ? {} : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
  });
  const accepted = (response.status >= 200 && response.status < 300) || accept.includes(response.status);
  // Streams of progress end with status 200 whatever happened; the error is one of their lines.
  const failure = /^\{"(?:message|errorDetail)":.*/m.exec(response.body)?.[0];
  if (!accepted || failure?.startsWith('{"errorDetail"')) {
    throw new RigError(`the engine refuses ${rest.method ?? 'GET'} ${path}: ${failure ?? `status ${response.status}`}`);
  }
  return response.body;
}

/** Loads an image archive into an engine and pushes one of its names to the registry that the name starts with. */
export async function loadAndPush(socketPath: string, archive: string, name: string): Promise<void> {
  await loadImage(socketPath, archive);
  const [, repository = name, tag = 'latest'] = /^(.*):([^:/]+)$/.exec(name) ?? [];
  // The engine wants credentials even where none are needed: base64 of an empty object.
  const noCredentials = { 'x-registry-auth': 'e30=' };
  await callEngine(socketPath, `/images/${repository}/push?tag=${tag}`, { method: 'POST', headers: noCredentials });
}

export async function loadImage(socketPath: string, archive: string): Promise<void> {
  const headers = { 'content-type': 'application/x-tar' };
  await callEngine(socketPath, '/images/load?quiet=1', { method: 'POST', body: createReadStream(archive), headers });
}
