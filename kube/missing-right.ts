import type { Transport } from './transport.ts';

export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** Of `system:serviceaccount:<namespace>:<name>`. */
export function accountOf(user: string): Account | undefined {
  const [, , namespace, name] = user.split(':');
  return namespace && name ? { namespace, name } : undefined;
}

export interface RefusedRight {
  /** As `kubectl create role` takes it: `roles.rbac.authorization.k8s.io`. */
  readonly resource: string;
  /** Undefined: the resource is of the cluster, or was asked for in all namespaces. */
  readonly namespace: string | undefined;
}

/** What the API server's words say that an account may not do. */
export function refusedRight(message: string): RefusedRight | undefined {
  const [, resource = '', group] = /cannot \w+ resource "([^"]+)" in API group "([^"]*)"/.exec(message) ?? [];
  const [plural = '', ...part] = resource.split('/');
  const [, namespace] = /in the namespace "([^"]+)"/.exec(message) ?? [];
  return plural === ''
    ? undefined
    : { resource: [`${plural}${group ? `.${group}` : ''}`, ...part].join('/'), namespace };
}

/** For objects that are applied. One Role of an account for each kind: manifests may have Jobs, and tasks are Jobs. */
export const objectVerbs = 'get,list,watch,create,patch,delete';

/** What to type so that an account may do this. */
export function grantCommands(account: Account, { resource, namespace }: RefusedRight, verbs: string): string[] {
  const subject = `--serviceaccount=${account.namespace}:${account.name}`;
  const role = `${account.name}-${resource.split(/[./]/)[0]}`;
  const rights = `--verb=${verbs} --resource=${resource}`;
  if (namespace === undefined) {
    const full = `${account.namespace}-${role}`;
    return [
      `kubectl create clusterrole ${full} ${rights}`,
      `kubectl create clusterrolebinding ${full} --clusterrole=${full} ${subject}`,
    ];
  }
  return [
    `kubectl -n ${namespace} create role ${role} ${rights}`,
    `kubectl -n ${namespace} create rolebinding ${role} --role=${role} ${subject}`,
  ];
}

interface Review {
  readonly status?: { readonly resourceRules?: readonly { readonly apiGroups?: readonly string[] }[] };
}

/** Every account may ask the API server about itself. */
const everybodys = ['authentication.k8s.io', 'authorization.k8s.io'];

/**
 * Whether an account is there and bound to something in its namespace, which a refusal does not say. For a better hint
 * only: without an answer it is not.
 */
export async function hasRights(transport: Transport, namespace: string, as: string): Promise<boolean> {
  const spec = { namespace };
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec };
  try {
    const { status, body } = await transport.send({
      method: 'POST',
      url: transport.url('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews'),
      headers: { 'impersonate-user': as, 'content-type': 'application/json' },
      body: JSON.stringify(review),
      timeoutMs: 10_000,
    });
    const rules = status < 300 ? ((JSON.parse(body) as Review).status?.resourceRules ?? []) : [];
    return rules.some(({ apiGroups = [] }) => apiGroups.some((group) => !everybodys.includes(group)));
  } catch {
    return false;
  }
}
