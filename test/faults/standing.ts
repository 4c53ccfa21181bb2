import type { IncomingMessage } from 'node:http';
import type { CommandOptions, Finished } from '../support/command.ts';
import { HeldRefs } from '../support/held-refs.ts';
import type { RegistryFault } from '../support/registry-proxy.ts';
import type { Standing } from './cell.ts';
import type { World } from './world.ts';

/** What the pushed version serves. */
export const page = 'under fault';

export function push({ project }: World, options: CommandOptions = {}): Promise<Finished> {
  return project.tryGit(['push', '-f', project.url, 'HEAD:main'], options);
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

export async function standInRefs(world: World): Promise<Standing> {
  const refs = world.use(await HeldRefs.make(world.repository));
  const commit = await world.change(page);
  return stands(commit, push(world), refs.reached(), () => refs.release());
}

/** After it is released, a request is served as the registry of the world serves all others. */
export function holdUpload({ registry: proxy }: World): {
  readonly reached: Promise<void>;
  readonly letGo: () => void;
} {
  const came = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const hold = async (request: IncomingMessage): Promise<RegistryFault> => {
    if (request.method !== 'PATCH' && request.method !== 'PUT') return 'pass';
    came.resolve();
    await open.promise;
    return proxy.fault === hold ? 'pass' : proxy.fault(request);
  };
  proxy.fault = hold;
  return { reached: came.promise, letGo: open.resolve };
}
