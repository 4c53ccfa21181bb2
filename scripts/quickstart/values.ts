import type { Cluster } from './cluster.ts';
import { needsRegistry, type PublishedImages } from './images.ts';

export interface Persistence {
  readonly enabled: boolean;
  readonly storageClass?: string;
}

/** What the quickstart brought to the cluster, or found in it. */
export interface Found {
  readonly images: PublishedImages;
  readonly persistence: Persistence;
  readonly registryMirrors: readonly string[];
}

/** Where the server answers through `kubectl port-forward`, for a cluster whose nodes are not known to be in reach. */
export const forwardedPort = 22022;

/** The chart's values for this cluster; what is not here is as everybody gets it. */
export function chartValues(cluster: Cluster, { images, persistence, registryMirrors }: Found): object {
  const reached = cluster.nodeAddress !== undefined;
  return {
    image: image(images.server),
    service: { type: reached ? 'NodePort' : 'ClusterIP' },
    ...(reached ? {} : { publicAddress: `127.0.0.1:${forwardedPort}` }),
    persistence,
    builder: {
      image: image(images.engine),
      registryMirrors,
      ...(needsRegistry(cluster) ? {} : { insecureRegistries: [cluster.registry.replace(/\/.*/, '')] }),
      // The cluster that is made of this machine's packages may have no right to set up a network in a pod.
      ...(cluster.confined
        ? { network: 'host', daemonConfig: { bridge: 'none', iptables: false, 'oom-score-adjust': 0 } }
        : {}),
    },
    ...(images.registry === undefined
      ? { settings: { GITKUBE_REGISTRY: cluster.registry } }
      : { registry: { enabled: true, image: image(images.registry) } }),
  };
}

function image(name: string): { repository: string; tag: string } {
  const [, repository = name, tag = 'latest'] = /^(.*):([^:/]+)$/.exec(name) ?? [];
  return { repository, tag };
}
