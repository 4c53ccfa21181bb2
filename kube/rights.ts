/** What the account of the server has to be allowed: the table "Rights" of README.md, for programs. */
export interface Right {
  /** Empty: the core group. */
  readonly group: string;
  /** With the subresource behind a slash, as RBAC writes it. */
  readonly resource: string;
  readonly verb: string;
  /** Unset: in all namespaces, or of the whole cluster. */
  readonly namespace?: string;
  /** Unset: all names. */
  readonly name?: string;
  /** Without it Gitkube says what is missing and goes on. */
  readonly optional: boolean;
}

export interface RightsScope {
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** Whether `ssh … env` is on. */
  readonly env?: boolean;
  readonly hostKeySecret?: { readonly namespace: string; readonly name: string } | undefined;
  readonly service?: { readonly namespace: string; readonly name: string } | undefined;
  /** Whether commands run in pods of their own. */
  readonly run?: boolean;
  /** Whether tasks run, as Jobs. */
  readonly tasks?: boolean;
  /** Whether ServiceAccounts are trusted, by their tokens. */
  readonly serviceAccountTokens?: boolean;
}

/** Where a row of the table counts. */
type Where =
  | 'served'
  | 'env'
  | 'run'
  | 'tasks'
  | 'leases'
  | 'manifests'
  | 'host key'
  | 'service'
  | 'cluster'
  | 'token reviews';

export interface RightsRow {
  readonly group: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly where: Where;
  readonly optional?: true;
  /** The object's name narrows it; a `create` has none. */
  readonly named?: readonly string[];
}

export const rightsTable: readonly RightsRow[] = [
  { group: 'gitkube.sh', resources: ['remotes'], verbs: ['list', 'watch'], where: 'served' },
  { group: 'gitkube.sh', resources: ['remotes'], verbs: ['patch'], where: 'served', optional: true },
  { group: 'gitkube.sh', resources: ['remotes/status'], verbs: ['patch'], where: 'served' },
  {
    group: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['list', 'watch', 'create', 'update'],
    where: 'leases',
    named: ['list', 'watch', 'update'],
  },
  {
    group: 'apps',
    resources: ['deployments', 'statefulsets', 'daemonsets'],
    verbs: ['get', 'patch', 'list', 'watch'],
    where: 'served',
  },
  { group: 'apps', resources: ['replicasets', 'controllerrevisions'], verbs: ['list', 'watch'], where: 'served' },
  { group: 'batch', resources: ['cronjobs'], verbs: ['get', 'patch'], where: 'served' },
  { group: '', resources: ['pods'], verbs: ['list', 'watch'], where: 'served' },
  { group: '', resources: ['pods'], verbs: ['delete'], where: 'served', optional: true },
  { group: '', resources: ['pods/log'], verbs: ['get'], where: 'served' },
  { group: '', resources: ['pods'], verbs: ['create'], where: 'run' },
  { group: '', resources: ['pods/attach'], verbs: ['get', 'create'], where: 'run' },
  { group: 'batch', resources: ['jobs'], verbs: ['get', 'list', 'watch', 'create', 'delete'], where: 'tasks' },
  { group: '', resources: ['secrets'], verbs: ['get'], where: 'served' },
  { group: '', resources: ['secrets', 'configmaps'], verbs: ['get', 'create', 'patch', 'delete'], where: 'env' },
  { group: '', resources: ['events'], verbs: ['list', 'watch', 'create', 'patch'], where: 'served' },
  {
    group: '',
    resources: ['serviceaccounts'],
    verbs: ['impersonate'],
    where: 'manifests',
    optional: true,
    named: ['impersonate'],
  },
  { group: '', resources: ['secrets'], verbs: ['get', 'create'], where: 'host key', named: ['get'] },
  { group: '', resources: ['services'], verbs: ['list', 'watch'], where: 'service', named: ['list', 'watch'] },
  { group: '', resources: ['nodes'], verbs: ['list'], where: 'cluster', optional: true },
  { group: 'authentication.k8s.io', resources: ['tokenreviews'], verbs: ['create'], where: 'token reviews' },
];

/** Every single right that a server with these settings needs. */
export function neededRights(scope: RightsScope): Right[] {
  return rightsTable.flatMap((row) =>
    placesOf(row.where, scope).flatMap(({ namespace, name }) =>
      row.resources.flatMap((resource) =>
        row.verbs.map((verb) => ({
          group: row.group,
          resource,
          verb,
          optional: row.optional === true,
          ...(namespace === undefined ? {} : { namespace }),
          ...(name !== undefined && row.named?.includes(verb) ? { name } : {}),
        })),
      ),
    ),
  );
}

/** The account of Remotes that name none, remote-crd/parse-manifests.ts. */
const defaultAccount = 'gitkube-deployer';

/** Of every namespace, server/leases/lease-spec.ts: those of other programs elect the leaders of the cluster. */
const leaseName = 'gitkube';

function served({ namespaces }: RightsScope): readonly { namespace?: string }[] {
  return namespaces.length === 0 ? [{}] : namespaces.map((namespace) => ({ namespace }));
}

function placesOf(where: Where, scope: RightsScope): readonly { namespace?: string; name?: string }[] {
  switch (where) {
    case 'served':
      return served(scope);
    case 'env':
      return scope.env ? served(scope) : [];
    case 'run':
      return scope.run ? served(scope) : [];
    case 'tasks':
      return scope.tasks ? served(scope) : [];
    case 'leases':
      return served(scope).map((place) => ({ ...place, name: leaseName }));
    case 'manifests':
      return served(scope).map((place) => ({ ...place, name: defaultAccount }));
    case 'host key':
      return scope.hostKeySecret ? [scope.hostKeySecret] : [];
    case 'service':
      return scope.service ? [scope.service] : [];
    case 'cluster':
      return scope.service ? [{}] : [];
    case 'token reviews':
      return scope.serviceAccountTokens ? [{}] : [];
  }
}
