import type { Readable } from 'node:stream';
import type { RegistryCredentials } from '../types.ts';
import type { BuildEvent, EngineMessage } from './build-events.ts';
import type { DockerfileApart } from './files.ts';

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
  /** A path inside the context; or a file that is none of it, which BuildKit alone takes. */
  readonly dockerfile: string | DockerfileApart;
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
  /** What RUN steps may read, by id; BuildKit alone has them. */
  readonly secrets?: ReadonlyMap<string, Buffer>;
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
