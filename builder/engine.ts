import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { within } from '../base/within.ts';
import type { BuildEvent, EngineMessage } from './build-events.ts';
import { buildkitEvents } from './buildkit-output.ts';
import { ClassicOutput } from './classic-output.ts';
import { authConfig, registryConfig } from './engine-auth.ts';
import { type EngineAddress, EngineConnection, refusal } from './engine-connection.ts';
import { serveSession, sessionMethods } from './engine-session.ts';
import { isDigest } from './names.ts';
import type { RegistryCredentials } from './types.ts';

export interface EngineOptions extends EngineAddress {
  /** `auto`: BuildKit wherever the engine has it. */
  readonly builder?: 'auto' | 'buildkit' | 'classic';
  /** The network of RUN steps: `default`, `none`, `host`. */
  readonly network?: string;
  readonly log: Logger;
  /** Milliseconds for everything but builds and pushes. Default: 10 s. */
  readonly answerMs?: number;
}

export interface EngineInfo {
  /** For people: `Docker 28.3.0`, `Podman 5.0`. */
  readonly name: string;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly buildkit: boolean;
}

export interface EngineBuild {
  /** `repository:tag` of the result inside the engine. */
  readonly tag: string;
  /** A path inside the context. */
  readonly dockerfile: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platform?: string;
  readonly noCache: boolean;
  /** Ask the registry for newer base images. */
  readonly pull: boolean;
  /** A tar. */
  readonly context: Readable;
  /** For base images of exactly this host. */
  readonly credentials?: RegistryCredentials;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BuildEvent) => void;
}

/** Success is an image id; a build that failed says why. */
export type EngineBuildResult =
  | { readonly imageId: string }
  | { readonly failure: { readonly message: string; readonly exitCode?: number } };

export interface EnginePush {
  readonly repository: string;
  readonly tag: string;
  readonly credentials?: RegistryCredentials;
  readonly signal: AbortSignal;
  readonly onMessage: (message: EngineMessage) => void;
}

export type EnginePushResult = { readonly digest: string } | { readonly failure: string };

/** Everything that Gitkube asks of a Docker Engine. Every call throws EngineUnavailable when nobody answers. */
export interface Engine {
  readonly address: string;
  /** Asked once; the answer is kept. */
  info(signal: AbortSignal): Promise<EngineInfo>;
  /** Whether it answers at all, now. */
  ping(signal: AbortSignal): Promise<void>;
  build(build: EngineBuild): Promise<EngineBuildResult>;
  push(push: EnginePush): Promise<EnginePushResult>;
  /**
   * Takes a pushed image from the engine's disk. Its layers stay in BuildKit's cache, which alone has a limit, so the next
   * build finds all of them. The classic builder has no other cache than images: it keeps them.
   */
  forget(repository: string, tag: string, signal: AbortSignal): Promise<void>;
}

const defaultAnswerMs = 10_000;

export function createEngine(options: EngineOptions): Engine {
  return new DockerEngine(options);
}

class DockerEngine implements Engine {
  readonly address: string;
  readonly #connection: EngineConnection;
  readonly #options: EngineOptions;
  #info: EngineInfo | undefined;

  constructor(options: EngineOptions) {
    this.address = options.host;
    this.#options = options;
    this.#connection = new EngineConnection(options);
  }

  async info(signal: AbortSignal): Promise<EngineInfo> {
    try {
      this.#info ??= await this.#within(signal, (limited) => this.#askInfo(limited));
      return this.#info;
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof GitkubeError) throw thrown;
      throw this.#connection.unavailable('does not answer as an engine does', thrown);
    }
  }

  ping(signal: AbortSignal): Promise<void> {
    return this.#within(signal, async (limited) => {
      (await this.#connection.dial(limited, { path: '/_ping', method: 'GET' })).resume();
    });
  }

  async build(build: EngineBuild): Promise<EngineBuildResult> {
    let session: { readonly id: string; end(): void } | undefined;
    try {
      const { buildkit } = await this.info(build.signal);
      if (buildkit) session = await this.#openSession(build);
      const query = { ...this.#buildQuery(build), ...(session ? { version: '2', session: session.id } : {}) };
      const response = await this.#connection.dial(build.signal, {
        path: '/build?',
        method: 'POST',
        options: query,
        file: build.context,
        // Host-keyed, so a Dockerfile cannot take it elsewhere. `authconfig` would go to every host: never set it here.
        ...(buildkit ? {} : { registryconfig: registryConfig(build.credentials) }),
      });
      return await this.#readBuild(response, build, buildkit);
    } catch (thrown) {
      return refusal(thrown);
    } finally {
      session?.end();
      build.context.destroy();
    }
  }

  async push({ repository, tag, credentials, signal, onMessage }: EnginePush): Promise<EnginePushResult> {
    let digest: string | undefined;
    let failure: string | undefined;
    try {
      const response = await this.#connection.dial(signal, {
        path: `/images/${repository}/push?`,
        method: 'POST',
        options: { tag },
        authconfig: authConfig(credentials),
      });
      await this.#connection.read(response, signal, (message) => {
        failure ??= message.errorDetail?.message ?? message.error;
        const aux = message.aux as { Digest?: unknown } | undefined;
        if (isDigest(aux?.Digest)) digest = aux.Digest;
        onMessage(message);
      });
      if (failure === undefined) digest ??= await this.#repositoryDigest(repository, tag, signal);
    } catch (thrown) {
      const refused = refusal(thrown);
      return { failure: refused.failure.message };
    }
    if (failure !== undefined) return { failure };
    return digest === undefined ? { failure: 'the engine names no digest for the pushed image' } : { digest };
  }

  async forget(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const { buildkit } = await this.info(signal);
    if (!buildkit) return;
    const path = `/images/${repository}:${tag}`;
    // 404: somebody else removed it. 409: it is in use, and not by Gitkube.
    const statusCodes = { 200: true, 404: true, 409: true };
    await this.#within(signal, async (limited) => {
      (await this.#connection.dial(limited, { path, method: 'DELETE', statusCodes })).resume();
    });
  }

  #within<T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<T>): Promise<T> {
    const { answerMs = defaultAnswerMs } = this.#options;
    const late = () => this.#connection.unavailable(`has not answered for ${answerMs / 1000} s`);
    return within(answerMs, signal, late, work);
  }

  async #askInfo(signal: AbortSignal): Promise<EngineInfo> {
    const version = await this.#connection.json<EngineVersion>(signal, '/version');
    if (!version.Version || !version.Os || !version.Arch) {
      throw this.#connection.unavailable('does not answer as an engine does');
    }
    const podman = /podman/i.test(JSON.stringify(version.Components ?? []));
    // BuildKit is in every Docker Engine for Linux from 18.09, whatever its default builder is.
    const has = !podman && version.Os === 'linux' && atLeast(version.ApiVersion, [1, 39]);
    const { builder = 'auto', log } = this.#options;
    const info = {
      name: `${podman ? 'Podman' : 'Docker'} ${version.Version}`,
      platform: `${version.Os}/${version.Arch}`,
      buildkit: builder === 'auto' ? has : builder === 'buildkit',
    };
    log.info({ address: this.address, ...info }, 'engine found');
    return info;
  }

  #buildQuery(build: EngineBuild): Record<string, unknown> {
    return {
      t: build.tag,
      dockerfile: build.dockerfile,
      buildargs: build.buildArgs,
      labels: build.labels,
      rm: true,
      forcerm: true,
      ...(build.target === undefined ? {} : { target: build.target }),
      ...(build.platform === undefined ? {} : { platform: build.platform }),
      ...(build.noCache ? { nocache: true } : {}),
      ...(build.pull ? { pull: 'true' } : {}),
      ...(this.#options.network === undefined ? {} : { networkmode: this.#options.network }),
    };
  }

  async #readBuild(response: IncomingMessage, build: EngineBuild, buildkit: boolean): Promise<EngineBuildResult> {
    const classic = new ClassicOutput();
    let imageId: string | undefined;
    let failure: { message: string; exitCode?: number } | undefined;
    await this.#connection.read(response, build.signal, (message) => {
      const aux = message.aux as { ID?: unknown } | undefined;
      if (typeof aux?.ID === 'string') imageId = aux.ID;
      const error = message.errorDetail?.message ?? message.error;
      const code = message.errorDetail?.code;
      if (error !== undefined) failure ??= { message: error, ...(code ? { exitCode: code } : {}) };
      for (const event of buildkit ? traceEvents(message) : classic.events(message)) build.onEvent(event);
    });
    if (failure !== undefined) return { failure };
    if (imageId === undefined) throw this.#connection.unavailable('ended the build without an image');
    return { imageId };
  }

  async #openSession({ signal, credentials }: EngineBuild): Promise<{ id: string; end: () => void }> {
    const id = randomUUID();
    const session = {
      path: '/session',
      method: 'POST',
      hijack: true,
      headers: {
        Upgrade: 'h2c',
        'X-Docker-Expose-Session-Uuid': id,
        'X-Docker-Expose-Session-Name': 'gitkube',
        'X-Docker-Expose-Session-Grpc-Method': sessionMethods,
      },
      statusCodes: { 200: true },
    };
    const socket = await this.#within(signal, (limited) => this.#connection.dial<Duplex>(limited, session));
    return { id, end: serveSession(socket, credentials) };
  }

  async #repositoryDigest(repository: string, tag: string, signal: AbortSignal): Promise<string | undefined> {
    const image = await this.#connection.json<{ RepoDigests: unknown }>(signal, `/images/${repository}:${tag}/json`);
    const references = Array.isArray(image.RepoDigests) ? image.RepoDigests.map(String) : [];
    const digests = references.flatMap((text) => (text.startsWith(`${repository}@`) ? [text.split('@')[1]] : []));
    return digests.find(isDigest);
  }
}

/** A trace is for people. Whether the build succeeded stands elsewhere, so one that cannot be read is left out. */
function traceEvents(message: EngineMessage): BuildEvent[] {
  try {
    return buildkitEvents(message);
  } catch {
    return [];
  }
}

interface EngineVersion {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly Components: unknown;
}

function atLeast(version: unknown, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = String(version).split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
