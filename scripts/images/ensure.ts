import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pull } from '../../test/cluster/containers.ts';
import { withLock } from '../../test/cluster/lock.ts';
import type { Progress } from '../../test/cluster/progress.ts';
import { runToEnd } from '../../test/cluster/run.ts';
import { type DebianImage, debianKey, ensureDebianArchive } from './debian.ts';
import { canPull, hasImage, importImage, socketOf } from './images-in-engine.ts';
import { engineImage, registryImage, runtimeBase } from './placeholder-images.ts';
import { buildFromParts, buildFromSources } from './server-image.ts';
import { sourceKey } from './sources.ts';

const root = join(import.meta.dirname, '../..');

/** What each image is, where Docker Hub can be reached. */
export const hub = {
  build: 'node:24-bookworm',
  runtime: 'debian:bookworm-slim',
  engine: 'docker:28-dind',
  registry: 'registry:3',
} as const;

export interface EnsureOptions {
  /** A Docker Engine, `unix:///…`. */
  readonly engine: string;
  readonly cacheDir: string;
  readonly progress: Progress;
  /** Where bases and helpers come from; `auto`: pulled where the engine can, else made of Debian's packages. */
  readonly bases?: 'auto' | 'pull' | 'make';
}

/** Names that the engine knows. */
export interface Images {
  readonly server: string;
  /** A Docker Engine that runs in a container, beside the server. */
  readonly engine: string;
  readonly registry: string;
}

/**
 * Sees to it that the engine has the three images that a cluster needs for Gitkube. Their tags name their content, so what
 * is there is not built again: that takes 50 ms.
 */
export async function ensureImages(options: EnsureOptions): Promise<Images> {
  const server = await ensureServerImage(options);
  const [engine, registry] = await Promise.all([ensureEngineImage(options), ensureRegistryImage(options)]);
  return { server, engine, registry };
}

/** @returns the name of an image that is a Docker Engine in a container */
export function ensureEngineImage(options: EnsureOptions): Promise<string> {
  return ensureHelper(options, engineImage, hub.engine);
}

export function ensureRegistryImage(options: EnsureOptions): Promise<string> {
  return ensureHelper(options, registryImage, hub.registry);
}

/** The server's image alone. @returns `gitkube:<version>-<key of the sources>` */
export async function ensureServerImage(options: EnsureOptions): Promise<string> {
  const version = await packageVersion();
  const name = await serverImageName();
  const socket = socketOf(options.engine);
  const buildIt = async () => {
    if (await hasImage(socket, name)) return;
    const buildArgs = { VERSION: version, REVISION: await revision() };
    if (await pulls(options, hub.runtime)) return buildFromSources({ ...options, name, buildArgs });
    const base = await makeImage(options, runtimeBase, hub.runtime);
    return buildFromParts({ ...options, name, buildArgs, runtimeBase: base });
  };
  if (!(await hasImage(socket, name))) {
    const onWait = () => options.progress.line(`waiting for another run that builds ${name}`);
    await withLock(join(options.cacheDir, 'images/build.lock'), buildIt, onWait);
  }
  return name;
}

export async function serverImageName(): Promise<string> {
  return `gitkube:${await packageVersion()}-${await sourceKey()}`;
}

/** Of an image that is made where the original cannot be pulled. */
export async function standInName(image: DebianImage): Promise<string> {
  return `${image.name}:${await debianKey(image)}`;
}

/** The version in package.json. */
export async function packageVersion(): Promise<string> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version;
}

async function revision(): Promise<string> {
  const { code, stdout } = await runToEnd('git', ['-C', root, 'rev-parse', 'HEAD']);
  return code === 0 ? stdout.trim() : 'unknown';
}

async function ensureHelper(options: EnsureOptions, standIn: DebianImage, original: string): Promise<string> {
  const socket = socketOf(options.engine);
  const made = await standInName(standIn);
  if (options.bases !== 'pull' && (await hasImage(socket, made))) return made;
  if (!(await pulls(options, original))) return makeImage(options, standIn, original);
  await options.progress.step(`pull ${original}`, () => pull(socket, original));
  return original;
}

async function pulls({ engine, bases = 'auto' }: EnsureOptions, image: string): Promise<boolean> {
  return bases === 'auto' ? canPull(socketOf(engine), image) : bases === 'pull';
}

async function makeImage(options: EnsureOptions, image: DebianImage, original: string): Promise<string> {
  const { engine, cacheDir, progress, bases } = options;
  const name = await standInName(image);
  if (await hasImage(socketOf(engine), name)) return name;
  const why = bases === 'make' ? 'is not asked for' : 'cannot be pulled';
  progress.line(`${original} ${why}: ${name}, made of Debian's ${image.packages.join(', ')}, takes its place`);
  const archive = await ensureDebianArchive(image, cacheDir, progress);
  await progress.step(`import ${name}`, () => importImage(socketOf(engine), archive, name, image.changes));
  return name;
}
