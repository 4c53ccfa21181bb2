import { request } from '../../test/cluster/request.ts';
import {
  type EnsureOptions,
  ensureEngineImage,
  ensureRegistryImage,
  ensureServerImage,
  type Images,
  serverImageName,
  standInName,
} from './ensure.ts';
import { isKept, keep, manifestTypes, uploadKept } from './image-cache.ts';
import { pushImage, socketOf, tagImage } from './images-in-engine.ts';
import { engineImage, registryImage } from './placeholder-images.ts';

/** Each kind of image: the name under which an earlier run may have published it, and how it is made. */
const kinds = {
  server: { earlier: serverImageName, make: ensureServerImage },
  engine: { earlier: () => standInName(engineImage), make: ensureEngineImage },
  registry: { earlier: () => standInName(registryImage), make: ensureRegistryImage },
} as const;

/**
 * Sees to it that a registry has an image: it has it already, or an earlier run kept it, or it is made now and pushed.
 * @param registry host[:port][/path]
 * @returns its name there
 */
export async function publish(options: EnsureOptions, registry: string, kind: keyof Images): Promise<string> {
  const { cacheDir, progress } = options;
  const earlier = await kinds[kind].earlier();
  if (await isPublished(`${registry}/${earlier}`)) return `${registry}/${earlier}`;
  if (isKept(cacheDir, earlier)) {
    const upload = progress.step(`${earlier}, kept from an earlier run`, () => uploadKept(cacheDir, earlier, registry));
    // A registry with TLS or a password: the engine knows about both.
    const uploaded = await upload.then(
      () => true,
      () => false,
    );
    if (uploaded) return `${registry}/${earlier}`;
  }
  const made = await kinds[kind].make(options);
  const name = await progress.step(`push ${made}`, () => publishImage(socketOf(options.engine), made, registry));
  if (made === earlier) await keep(cacheDir, made, registry).catch(() => {});
  return name;
}

/** Pushes an image of the engine, unless the registry has one of that name: a tag names its content. */
export async function publishImage(socket: string, name: string, registry: string): Promise<string> {
  const target = `${registry}/${name.split('/').at(-1)}`;
  if (await isPublished(target)) return target;
  await tagImage(socket, name, target);
  await pushImage(socket, target);
  return target;
}

/** False also when the registry wants TLS or a password: then the engine, which knows about both, finds out. */
async function isPublished(name: string): Promise<boolean> {
  const [, host, repository, tag] = /^([^/]+)\/(.+):([^:/]+)$/.exec(name) ?? [];
  const url = `http://${host}/v2/${repository}/manifests/${tag}`;
  const headers = { accept: `${manifestTypes}, application/vnd.oci.image.index.v1+json` };
  const answer = request(url, { method: 'HEAD', headers, timeout: 2000 });
  return answer.then(
    ({ status }) => status === 200,
    () => false,
  );
}
