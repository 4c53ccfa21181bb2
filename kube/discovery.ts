import { fromStatus, readStatus } from './errors.ts';
import type { Transport } from './transport.ts';

/** How the API calls a kind. */
export interface ResourceKind {
  readonly plural: string;
  readonly namespaced: boolean;
}

const timeoutMs = 30_000;

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/**
 * What kinds there are (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api). What is known is
 * kept: a kind never changes its plural. What is not known is asked for each time: its CRD may have come meanwhile.
 */
export function discovery(transport: Transport) {
  const known = new Map<string, ResourceKind>();

  async function get(path: string): Promise<unknown> {
    const answer = await transport.send({ method: 'GET', url: transport.url(path), timeoutMs });
    if (answer.status === 200) return JSON.parse(answer.body);
    if (answer.status === 404) return {};
    throw fromStatus(readStatus(answer.status, answer.body), { verb: 'get', resource: path });
  }

  return {
    async resourceKind(apiVersion: string, kind: string): Promise<ResourceKind | undefined> {
      const key = `${apiVersion} ${kind}`;
      if (known.has(key) || !/^[\w.-]+(\/[\w.-]+)?$/.test(apiVersion)) return known.get(key);
      const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      for (const { name, kind: of, namespaced } of ((await get(path)) as ResourceList).resources ?? []) {
        // `pods/log` and its like are parts of a resource.
        if (!name.includes('/')) known.set(`${apiVersion} ${of}`, { plural: name, namespaced });
      }
      return known.get(key);
    },

    async serverVersions() {
      const [version, groups] = await Promise.all([get('/version'), get('/apis')]);
      const { gitVersion = '' } = version as { gitVersion?: string };
      const list = groups as { groups?: readonly { versions: readonly { groupVersion: string }[] }[] };
      const offered = (list.groups ?? []).flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion));
      return { kubernetes: gitVersion, apiVersions: ['v1', ...offered] };
    },
  };
}
