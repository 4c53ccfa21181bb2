import { request } from '../../test/cluster/request.ts';
import { pushImage, tagImage } from './images-in-engine.ts';

const manifestTypes =
  'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';

/**
 * Pushes an image of the engine, unless the registry has one of that name: a tag names its content.
 * @param registry host[:port][/path]
 * @returns its name there
 */
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
  const answer = request(url, { method: 'HEAD', headers: { accept: manifestTypes }, timeout: 2000 });
  return answer.then(
    ({ status }) => status === 200,
    () => false,
  );
}
