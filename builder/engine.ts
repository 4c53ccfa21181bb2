import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { GitkubeError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { BuildEvent, EngineMessage } from './build-events.ts';
import { buildkitEvents } from './buildkit-output.ts';
import { ClassicOutput } from './classic-output.ts';
import { authConfig, registryConfig } from './engine-auth.ts';
import { type EngineAddress, EngineConnection, refusal } from './engine-connection.ts';
import { serveSession, sessionMethods } from './engine-session.ts';
import type { RegistryCredentials } from './types.ts';

export interface EngineOptions extends EngineAddress {
  /** `auto`: BuildKit wherever the engine has it. */
  readonly builder?: 'auto' | 'buildkit' | 'classic';
  /** The network of RUN steps: `default`, `none`, `host`. */
  readonly network?: string;
  readonly log: Logger;
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
  build(build: EngineBuild): Promise<EngineBuildResult>;
  push(push: EnginePush): Promise<EnginePushResult>;
  /**
   * Takes a pushed image from the engine's disk. Its layers stay in BuildKit's cache, which alone has a limit, so the next
   * build finds all of them. The classic builder has no other cache than images: it keeps them.
   */
  forget(repository: string, tag: string, signal: AbortSignal): Promise<void>;
}

const infoTimeoutMs = 10_000;
const forgetTimeoutMs = 10_000;

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
      this.#info ??= await this.#askInfo(AbortSignal.any([signal, AbortSignal.timeout(infoTimeoutMs)]));
      return this.#info;
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof GitkubeError) throw thrown;
      throw this.#connection.unavailable('does not answer as an engine does', thrown);
    }
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
        if (typeof aux?.Digest === 'string') digest = aux.Digest;
        onMessage(message);
      });
    } catch (thrown) {
      const refused = refusal(thrown);
      return { failure: refused.failure.message };
    }
    if (failure !== undefined) return { failure };
    digest ??= await this.#repositoryDigest(repository, tag, signal);
    return digest === undefined ? { failure: 'the engine names no digest for the pushed image' } : { digest };
  }

  async forget(repository: string, tag: string, outer: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([outer, AbortSignal.timeout(forgetTimeoutMs)]);
    const { buildkit } = await this.info(signal);
    if (!buildkit) return;
    const path = `/images/${repository}:${tag}`;
    // 404: somebody else removed it. 409: it is in use, and not by Gitkube.
    const statusCodes = { 200: true, 404: true, 409: true };
    const response = await this.#connection.dial(signal, { path, method: 'DELETE', statusCodes });
    response.resume();
  }

  async #askInfo(signal: AbortSignal): Promise<EngineInfo> {
    const version = await this.#connection.json<EngineVersion>(signal, '/version');
    const podman = version.Components?.some(({ Name }) => /podman/i.test(Name)) ?? false;
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
      for (const event of buildkit ? buildkitEvents(message) : classic.events(message)) build.onEvent(event);
    });
    if (failure !== undefined) return { failure };
    if (imageId === undefined) throw this.#connection.unavailable('ended the build without an image');
    return { imageId };
  }

  async #openSession({ signal, credentials }: EngineBuild): Promise<{ id: string; end: () => void }> {
    const id = randomUUID();
    const socket = await this.#connection.dial<Duplex>(signal, {
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
    });
    return { id, end: serveSession(socket, credentials) };
  }

  async #repositoryDigest(repository: string, tag: string, signal: AbortSignal): Promise<string | undefined> {
    const image = await this.#connection.json<{ RepoDigests?: string[] }>(signal, `/images/${repository}:${tag}/json`);
    const found = image.RepoDigests?.find((reference) => reference.startsWith(`${repository}@`));
    return found?.slice(repository.length + 1);
  }
}

interface EngineVersion {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly Components?: readonly { readonly Name: string }[];
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
