import { count } from '../../base/text.ts';
import type { KubeAdmin, RemoteObject } from '../../kube/index.ts';
import { neededRights, type Right } from '../../kube/rights.ts';
import { parseRemote } from '../../remote-crd/index.ts';
import { needsNodes } from '../../server/address/service-address.ts';
import { findService } from './address.ts';
import type { Check, CheckContext, Finding } from './finding.ts';
import { fail, notLookedAt, ok, warn } from './finding.ts';

const askedAtOnce = 8;

export const rights: Check = {
  name: 'rights',
  run: async (context) => {
    const { admin, config } = context;
    if (!admin) return [notLookedAt()];
    const who = await admin.whoAmI();
    const all = neededRights({
      namespaces: config.GITKUBE_NAMESPACES,
      env: config.GITKUBE_ENV === 'on',
      hostKeySecret: config.GITKUBE_HOST_KEY_SECRET,
      service: config.GITKUBE_SERVICE,
      run: config.GITKUBE_RUN === 'on',
      tasks: config.GITKUBE_TASKS === 'on',
      serviceAccountTokens:
        config.GITKUBE_GIT_HTTPS_LISTEN !== undefined && config.GITKUBE_SERVICE_ACCOUNT_TOKENS === 'on',
    });
    const nodes = await looksAtNodes(context);
    const needed = all.filter(({ resource }) => nodes || resource !== 'nodes');
    const refused = await refusedOf(admin, needed);
    const missing = (await Promise.all(refused.map((right) => narrowed(admin, right)))).flat();
    const groups = [...Map.groupBy(missing, groupKey).values()];
    if (groups.length === 0) return [ok(`${who} has the ${count(needed.length, 'right')} that the server needs`)];
    return groups.map((group) => lacking(who, group));
  },
};

/** In the order of the table: answers come in any. */
async function refusedOf(admin: KubeAdmin, rights: readonly Right[]): Promise<Right[]> {
  const refused = new Set<Right>();
  const queue = rights.values();
  const ask = async () => {
    for (const right of queue) if (!(await admin.mayI(right))) refused.add(right);
  };
  await Promise.all(Array.from({ length: askedAtOnce }, ask));
  return rights.filter((right) => refused.has(right));
}

/**
 * Who may not read every Secret may read those that the operator lists (`rbac.registrySecrets`): then those that Remotes
 * name are enough.
 */
async function narrowed(admin: KubeAdmin, right: Right): Promise<readonly Right[]> {
  const { resource, verb, namespace, name } = right;
  if (resource !== 'secrets' || verb !== 'get' || name !== undefined) return [right];
  const remotes = await admin.listRemotes(namespace).catch(() => undefined);
  if (!remotes) return [right];
  const named = remotes.flatMap((remote) =>
    secretsOf(remote).map((secret) => ({ ...right, namespace: remote.metadata.namespace, name: secret })),
  );
  const once = [...Map.groupBy(named, (one) => `${one.namespace}/${one.name}`).values()].flatMap(([one]) => one ?? []);
  return refusedOf(admin, once);
}

/** Of a Remote that is invalid no Secret is read. */
function secretsOf(object: RemoteObject): string[] {
  try {
    const { registry, lfs, manifests, deployments, tasks } = parseRemote(object);
    const values = manifests?.helm.valuesFrom.map(({ secretName }) => secretName) ?? [];
    const built = [
      ...deployments.flatMap(({ containers }) => containers),
      ...tasks.flatMap(({ build }) => build ?? []),
    ];
    const ofBuilds = built.flatMap(({ secrets = [] }) => secrets.map(({ secret }) => secret));
    const logins = [registry, lfs].flatMap((one) => one?.secretName ?? []);
    return [...logins, ...values, ...ofBuilds];
  } catch {
    return [];
  }
}

/** Nodes are listed for the address of a NodePort alone. */
async function looksAtNodes({ admin, config: { GITKUBE_SERVICE: id } }: CheckContext): Promise<boolean> {
  if (!admin || id === undefined) return false;
  const service = await findService(admin, id).catch(() => undefined);
  return service === undefined || needsNodes(service);
}

function groupKey({ group, resource, namespace, name, optional }: Right): string {
  return JSON.stringify([group, resource, namespace, name, optional]);
}

/** One finding for all verbs of a resource, and the two commands that give exactly these. */
function lacking(who: string, missing: readonly Right[]): Omit<Finding, 'check'> {
  const [first] = missing;
  if (!first) return ok(who);
  const verbs = missing.map(({ verb }) => verb);
  const where = first.namespace === undefined ? 'in all namespaces' : `in namespace ${first.namespace}`;
  const name = first.name === undefined || first.optional ? '' : ` ${first.name}`;
  const message = `${who} may not ${verbs.join(', ')} ${first.resource}${name} ${where}`;
  const fix = grant(who, first, verbs);
  return first.optional
    ? warn(`${message}; Gitkube works without, and says what it could not do`, ...fix)
    : fail(message, ...fix);
}

function grant(who: string, { group, resource, namespace, name }: Right, verbs: readonly string[]): string[] {
  const [plain = '', sub] = resource.split('/');
  const what = [group === '' ? plain : `${plain}.${group}`, ...(sub === undefined ? [] : [sub])].join('/');
  const role = ['gitkube', resource.replace('/', '-'), ...verbs, ...(name === undefined ? [] : [name])].join('-');
  const [, accountNamespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(who) ?? [];
  const subject = account === undefined ? `--user='${who}'` : `--serviceaccount=${accountNamespace}:${account}`;
  const inside = namespace === undefined ? '' : ` -n ${namespace}`;
  const kind = namespace === undefined ? 'clusterrole' : 'role';
  const only = name === undefined ? '' : ` --resource-name=${name}`;
  return [
    `kubectl create ${kind} ${role}${inside} --verb=${verbs.join(',')} --resource=${what}${only}`,
    `kubectl create ${kind}binding ${role}${inside} --${kind}=${role} ${subject}`,
  ];
}
