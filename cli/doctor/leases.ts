import { plain } from '../../base/text.ts';
import type { KubeAdmin, Lease } from '../../kube/index.ts';
import { leasesPath } from '../../kube/lease-calls.ts';
import { holderOf, holderText, leaseName } from '../../server/leases/lease-spec.ts';
import { knownServerName } from '../../server/leases/server-name.ts';
import type { Check, CheckContext, Finding } from './finding.ts';
import { fail, notLookedAt, ok, warn } from './finding.ts';

/** Which server serves the namespaces that have Remotes. */
export const leases: Check = {
  name: 'leases',
  run: async ({ admin, config }) => {
    if (!admin) return [notLookedAt()];
    const name = config.GITKUBE_SERVER_NAME ?? (await knownServerName(config.GITKUBE_DATA));
    const [namespaces, held] = await Promise.all([namespacesOf(admin, config), leasesOf(admin, config)]);
    return judgeLeases(name, namespaces, held);
  },
};

/** @param name of the server here; undefined: none was started on the data folder yet */
export function judgeLeases(
  name: string | undefined,
  namespaces: readonly string[],
  held: readonly Lease[],
): Omit<Finding, 'check'>[] {
  const byNamespace = new Map(held.map((lease) => [lease.metadata.namespace, lease]));
  const groups = Map.groupBy(namespaces, (namespace) => {
    const lease = byNamespace.get(namespace);
    return lease ? holderOf(lease) : '';
  });
  const findings = [...groups].flatMap(([holder, served]) => {
    if (holder === name) return [];
    if (holder === '') return [unserved(served)];
    const [first = ''] = served;
    return [elsewhere(name, served, byNamespace.get(first))];
  });
  if (findings.length > 0) return findings;
  if (namespaces.length === 0) return [ok('no namespace has a Remote yet')];
  const all = namespaces.length === 1 ? 'the one namespace' : `all ${namespaces.length} namespaces`;
  return [ok(`${name} serves ${all} with Remotes`)];
}

function unserved(namespaces: readonly string[]): Omit<Finding, 'check'> {
  const [first = ''] = namespaces;
  return warn(
    `no server serves ${listed(namespaces)}`,
    `kubectl -n ${first} get lease ${leaseName} -o yaml`,
    `kubectl -n ${first} describe remotes`,
  );
}

function elsewhere(name: string | undefined, namespaces: readonly string[], lease: Lease | undefined) {
  const [first = ''] = namespaces;
  const holder = lease ? plain(holderText(lease), 300) : '';
  return fail(
    `${listed(namespaces)} ${namespaces.length === 1 ? 'is' : 'are'} served by ${holder}, not by ${name ?? 'the server here'}`,
    `kubectl -n ${first} get lease ${leaseName} -o yaml`,
    'stop that server, or give each its own namespaces: watchNamespaces of the chart, or GITKUBE_NAMESPACES',
    `to hand it over at once when that server is gone for good, type: kubectl -n ${first} delete lease ${leaseName}`,
  );
}

function listed(namespaces: readonly string[]): string {
  const some = namespaces.slice(0, 5).join(', ');
  return `${namespaces.length === 1 ? 'namespace' : 'namespaces'} ${some}${namespaces.length > 5 ? ', …' : ''}`;
}

type Config = CheckContext['config'];

async function namespacesOf(admin: KubeAdmin, config: Config): Promise<string[]> {
  const lists = await Promise.all(scopes(config).map((namespace) => admin.listRemotes(namespace)));
  return [...new Set(lists.flat().map(({ metadata }) => metadata.namespace))].sort();
}

async function leasesOf(admin: KubeAdmin, config: Config): Promise<Lease[]> {
  const selectors = { fieldSelector: `metadata.name=${leaseName}` };
  const paths = scopes(config).map((namespace) => leasesPath(namespace));
  return (await Promise.all(paths.map((path) => admin.listObjects<Lease>(path, selectors)))).flat();
}

function scopes({ GITKUBE_NAMESPACES: namespaces }: Config): readonly (string | undefined)[] {
  return namespaces.length === 0 ? [undefined] : namespaces;
}
