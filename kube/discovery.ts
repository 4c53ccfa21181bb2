import { fromStatus, parseBody, readStatus } from './errors.ts';
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
 * kept: a kind never changes its plural. What is not known is asked for each time: its CRD may have been applied since.
 */
export function discovery(transport: Transport) {
  const known = new Map<string, ResourceKind>();

  async function get(path: string, accept = 'application/json'): Promise<unknown> {
    const answer = await transport.send({ method: 'GET', url: transport.url(path), headers: { accept }, timeoutMs });
    if (answer.status === 200) return parseBody(answer.body);
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
      const [version, core, groups] = await Promise.all([get('/version'), get('/api', all), get('/apis', all)]);
      const { gitVersion = '' } = version as { gitVersion?: string };
      const found = [core, groups].flatMap((one) => offered(one as AllResources));
      return { kubernetes: gitVersion, apiVersions: ['v1', ...found] };
    },
  };
}

/** Aggregated discovery: all groups, versions and kinds in one answer; an old API server lists its groups alone. */
const all = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

interface AllResources {
  /** Of aggregated discovery. */
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly { readonly responseKind?: { readonly kind?: string } }[];
    }[];
  }[];
  /** Of the older one. */
  readonly groups?: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[];
}

/** `apps/v1` and `apps/v1/Deployment`: a chart may ask for either. */
function offered({ items = [], groups = [] }: AllResources): string[] {
  const old = groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion));
  const found = items.flatMap(({ metadata, versions = [] }) =>
    versions.flatMap(({ version, resources = [] }) => {
      const groupVersion = metadata?.name ? `${metadata.name}/${version}` : version;
      const kinds = resources.flatMap(({ responseKind }) => (responseKind?.kind ? [responseKind.kind] : []));
      return [groupVersion, ...new Set(kinds.map((kind) => `${groupVersion}/${kind}`))];
    }),
  );
  return [...old, ...found];
}
