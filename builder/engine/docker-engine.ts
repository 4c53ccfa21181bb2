import { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { within } from '../../base/within.ts';
import { buildIn } from './build.ts';
import { type EngineAddress, EngineConnection } from './connection.ts';
import type { Engine, EngineBuild, EngineBuildResult, EngineInfo, EnginePush, EnginePushResult } from './engine.ts';
import { pushFrom } from './push.ts';

export interface EngineOptions extends EngineAddress {
  /** `auto`: BuildKit wherever the engine has it. */
  readonly builder?: 'auto' | 'buildkit' | 'classic';
  /** The network of RUN steps: `default`, `none`, `host`. */
  readonly network?: string;
  readonly log: Logger;
  /** Milliseconds for everything but builds and pushes. Default: 10 s. */
  readonly answerMs?: number;
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
      throw this.#connection.unavailable('does not answer like a Docker Engine', thrown);
    }
  }

  ping(signal: AbortSignal): Promise<void> {
    return this.#within(signal, async (limited) => {
      (await this.#connection.dial(limited, { path: '/_ping', method: 'GET' })).resume();
    });
  }

  build(build: EngineBuild): Promise<EngineBuildResult> {
    return buildIn(
      {
        connection: this.#connection,
        info: (signal) => this.info(signal),
        within: (signal, work) => this.#within(signal, work),
        network: this.#options.network,
      },
      build,
    );
  }

  push(push: EnginePush): Promise<EnginePushResult> {
    return pushFrom(this.#connection, push);
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
      throw this.#connection.unavailable('does not answer like a Docker Engine');
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
