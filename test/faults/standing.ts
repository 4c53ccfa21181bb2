import type { IncomingMessage } from 'node:http';
import type { CommandOptions, Finished } from '../support/command.ts';
import { HeldRefs } from '../support/held-refs.ts';
import type { RegistryFault } from '../support/registry-proxy.ts';
import type { Standing } from './cell.ts';
import type { World } from './world.ts';

/** What the pushed version serves. */
export const page = 'under fault';

/** A deploy that has not begun. */
export interface Prepared {
  readonly commit: string;
  readonly begin: () => Promise<Finished>;
}

export type Prepare = (world: World) => Promise<Prepared>;

export function push({ project }: World, options: CommandOptions = {}): Promise<Finished> {
  return project.tryGit(['push', '-f', project.url, 'HEAD:main'], options);
}

/** A version that is to run before the deploy under test. */
export async function mustPush(world: World): Promise<void> {
  const { code, output } = await push(world);
  if (code !== 0) throw new Error(`a version before failed: ${output}`);
}

/** A push of another version. */
export async function newVersion(world: World): Promise<Prepared> {
  return { commit: await world.change(page), begin: () => push(world) };
}

/** @throws when the push ends before it is where it should be held */
export async function stands(
  commit: string,
  pushing: Promise<Finished>,
  reached: Promise<unknown>,
  letGo: Standing['letGo'],
): Promise<Standing> {
  const ended = pushing.then(({ output }) => Promise.reject(new Error(`the push ended too early: ${output}`)));
  await Promise.race([reached, ended]);
  // From here on its end is what is waited for.
  ended.catch(() => {});
  return { commit, pushing, letGo };
}

/** The API server has this request and has not answered. */
export async function standInRequest(
  world: World,
  prepare: Prepare,
  method: 'GET' | 'PATCH',
  path: string,
): Promise<Standing> {
  const { commit, begin } = await prepare(world);
  const reached = world.api.hold(method, path);
  const standing = await stands(commit, begin(), reached, () => world.api.release());
  return { ...standing, isInServer: true };
}

export async function standInRefs(world: World, prepare: Prepare): Promise<Standing> {
  const { commit, begin } = await prepare(world);
  const refs = world.use(await HeldRefs.make(world.repository));
  const standing = await stands(commit, begin(), refs.reached(), () => refs.release());
  return { ...standing, isInServer: true };
}

/** The person who asked is answered, and the API server has the status and has not answered. */
export async function standInReport(world: World, prepare: Prepare): Promise<Standing> {
  const refs = await standInRefs(world, prepare);
  const reached = world.api.hold('PATCH', 'remotes/app/status');
  await refs.letGo();
  await reached;
  await refs.pushing;
  return { ...refs, letGo: () => world.api.release() };
}

interface HeldRequest {
  readonly reached: Promise<void>;
  readonly letGo: () => void;
}

export function holdUpload(world: World): HeldRequest {
  return holdInRegistry(world, ({ method }) => method === 'PATCH' || method === 'PUT');
}

/** Of layers from another repository of the registry. */
export function holdMount(world: World): HeldRequest {
  return holdInRegistry(world, ({ method, url = '' }) => method === 'POST' && url.includes('mount='));
}

/** Of an image by its digest or tag. */
export function holdManifest(world: World): HeldRequest {
  return holdInRegistry(world, ({ url = '' }) => url.includes('/manifests/'));
}

/** After it is released, a request is served as the registry of the world serves all others. */
function holdInRegistry({ registry: proxy }: World, isHeld: (request: IncomingMessage) => boolean): HeldRequest {
  const came = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const hold = async (request: IncomingMessage): Promise<RegistryFault> => {
    if (!isHeld(request)) return 'pass';
    came.resolve();
    await open.promise;
    return proxy.fault === hold ? 'pass' : proxy.fault(request);
  };
  proxy.fault = hold;
  return { reached: came.promise, letGo: open.resolve };
}
