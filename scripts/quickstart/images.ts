import { defaultCacheDir } from '../../test/cluster/state.ts';
import { pushImage, socketOf, tagImage } from '../images/images-in-engine.ts';
import { publish } from '../images/publish.ts';
import { type Cluster, progress } from './cluster.ts';

/** Names by which the cluster pulls what Gitkube consists of. */
export interface PublishedImages {
  readonly server: string;
  readonly engine: string;
  /** Where Gitkube has to bring a registry of its own. */
  readonly registry: string | undefined;
}

/** Whether pods cannot reach the registry by the name that the engine of this machine and the nodes have for it. */
export function needsRegistry({ registry }: Cluster): boolean {
  return /^(127\.|localhost[:/]|\[::1\])/.test(registry);
}

/**
 * The example starts FROM busybox. Where the engine in the pod reaches no Docker Hub, the registry becomes a mirror of it.
 * @returns the mirrors for the settings of the engine
 */
export async function mirrorBusybox({ confined, engine, registry }: Cluster): Promise<readonly string[]> {
  if (!confined) return [];
  const name = `${registry}/library/busybox:latest`;
  progress.line(`busybox cannot be pulled in the cluster: ${name}, of Debian's busybox-static, stands in`);
  await tagImage(socketOf(engine), 'busybox:latest', name);
  await pushImage(socketOf(engine), name);
  return [`http://${registry}`];
}

/** Makes and pushes what the registry lacks. */
export async function publishImages(cluster: Cluster): Promise<PublishedImages> {
  const options = { engine: cluster.engine, cacheDir: defaultCacheDir(process.env), progress };
  const [server, engine, registry] = await Promise.all([
    publish(options, cluster.registry, 'server'),
    publish(options, cluster.registry, 'engine'),
    needsRegistry(cluster) ? publish(options, cluster.registry, 'registry') : undefined,
  ]);
  return { server, engine, registry };
}
