import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { registryConfig } from './auth.ts';
import type { BuildEvent } from './build-events.ts';
import { buildkitEvents, statusEvents } from './buildkit-output.ts';
import { ClassicOutput } from './classic-output.ts';
import { type EngineConnection, refusal } from './connection.ts';
import type { EngineBuild, EngineBuildResult, EngineInfo } from './engine.ts';
import type { DockerfileApart, EngineFiles } from './files.ts';
import { serveSession, sessionMethods } from './session.ts';
import { solve } from './solve.ts';

/** What a build needs of the engine that it is made in. */
export interface BuildEngine {
  readonly connection: EngineConnection;
  readonly info: (signal: AbortSignal) => Promise<EngineInfo>;
  /** Work that the engine has to answer at once. */
  readonly within: <T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<T>) => Promise<T>;
  readonly network: string | undefined;
}

/**
 * Builds an image: by `POST /build`, which takes the Dockerfile out of the context, or by BuildKit's own API where it is none
 * of its files.
 */
export async function buildIn(engine: BuildEngine, build: EngineBuild): Promise<EngineBuildResult> {
  try {
    const { buildkit } = await engine.info(build.signal);
    const { dockerfile } = build;
    if (typeof dockerfile !== 'string') return await buildApart(engine, build, dockerfile);
    return buildkit
      ? await withSession(engine, build, undefined, (session) => post(engine, build, dockerfile, session))
      : await post(engine, build, dockerfile);
  } catch (thrown) {
    return refusal(thrown);
  } finally {
    build.context.destroy();
  }
}

async function post(
  { connection, network }: BuildEngine,
  build: EngineBuild,
  dockerfile: string,
  session?: string,
): Promise<EngineBuildResult> {
  const response = await connection.dial(build.signal, {
    path: '/build?',
    method: 'POST',
    options: { ...buildQuery(build, dockerfile, network), ...(session ? { version: '2', session } : {}) },
    file: build.context,
    // Host-keyed, so a Dockerfile cannot take it elsewhere. `authconfig` would go to every host: never set it here.
    ...(session ? {} : { registryconfig: registryConfig(build.credentials) }),
  });
  return readBuild(connection, response, build, session !== undefined);
}

function buildApart(engine: BuildEngine, build: EngineBuild, dockerfile: DockerfileApart): Promise<EngineBuildResult> {
  const { connection, network } = engine;
  const { signal, onEvent, context } = build;
  return withSession(engine, build, { context, dockerfile }, async (session) => {
    const socket = await upgrade(engine, signal, '/grpc', {}).catch((thrown) => notAllowed(refusal(thrown)));
    if ('failure' in socket) return socket;
    const end = () => socket.destroy();
    signal.addEventListener('abort', end, { once: true });
    const onStatus = (response: Buffer) => {
      for (const event of readable(() => statusEvents(response))) onEvent(event);
    };
    try {
      return await solve(socket, { id: randomUUID(), session, build, dockerfile, network, onStatus });
    } catch (thrown) {
      signal.throwIfAborted();
      throw connection.unavailable('closed the connection', thrown);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  });
}

/** A proxy before an engine often allows /build and /session alone. */
function notAllowed({ failure: { message } }: ReturnType<typeof refusal>): ReturnType<typeof refusal> {
  const what = 'the engine refuses POST /grpc, which a Dockerfile that is not in the context needs';
  return { failure: { message: `${what}: ${message}` } };
}

async function withSession<T>(
  engine: BuildEngine,
  { signal, credentials, secrets }: EngineBuild,
  files: EngineFiles | undefined,
  work: (session: string) => Promise<T>,
): Promise<T> {
  const id = randomUUID();
  const socket = await upgrade(engine, signal, '/session', {
    'X-Docker-Expose-Session-Uuid': id,
    'X-Docker-Expose-Session-Name': 'gitkube',
    // BuildKit takes files of the same key, size and time for the same.
    'X-Docker-Expose-Session-Sharedkey': id,
    'X-Docker-Expose-Session-Grpc-Method': sessionMethods(files, secrets),
  });
  const end = serveSession(socket, credentials, files, secrets);
  try {
    return await work(id);
  } finally {
    end();
  }
}

/** A connection for gRPC. */
function upgrade(
  { connection, within }: BuildEngine,
  signal: AbortSignal,
  path: string,
  headers: Readonly<Record<string, string | string[]>>,
): Promise<Duplex> {
  const request = {
    path,
    method: 'POST',
    hijack: true,
    headers: { Upgrade: 'h2c', ...headers },
    statusCodes: { 200: true },
  };
  return within(signal, (limited) => connection.dial<Duplex>(limited, request));
}

function buildQuery(build: EngineBuild, dockerfile: string, network: string | undefined): Record<string, unknown> {
  return {
    t: build.tag,
    dockerfile,
    buildargs: build.buildArgs,
    labels: build.labels,
    rm: true,
    forcerm: true,
    ...(build.target === undefined ? {} : { target: build.target }),
    ...(build.platform === undefined ? {} : { platform: build.platform }),
    ...(build.noCache ? { nocache: true } : {}),
    ...(build.pull ? { pull: 'true' } : {}),
    ...(network === undefined ? {} : { networkmode: network }),
  };
}

async function readBuild(
  connection: EngineConnection,
  response: IncomingMessage,
  build: EngineBuild,
  buildkit: boolean,
): Promise<EngineBuildResult> {
  const classic = new ClassicOutput();
  let imageId: string | undefined;
  let failure: { message: string; exitCode?: number } | undefined;
  await connection.read(response, build.signal, (message) => {
    const aux = message.aux as { ID?: unknown } | undefined;
    if (typeof aux?.ID === 'string') imageId = aux.ID;
    const error = message.errorDetail?.message ?? message.error;
    const code = message.errorDetail?.code;
    if (error !== undefined) failure ??= { message: error, ...(code ? { exitCode: code } : {}) };
    for (const event of buildkit ? readable(() => buildkitEvents(message)) : classic.events(message))
      build.onEvent(event);
  });
  if (failure !== undefined) return { failure };
  if (imageId === undefined) throw connection.unavailable('ended the build without an image');
  return { imageId };
}

/** A trace is for people. Whether the build succeeded stands elsewhere, so one that cannot be read is left out. */
function readable(events: () => BuildEvent[]): BuildEvent[] {
  try {
    return events();
  } catch {
    return [];
  }
}
