import { customResourceDefinition } from '../remote-crd/crd.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** docs/remote.md: every field of the CRD. */
export function remoteDoc(): string {
  const { spec } = customResourceDefinition() as {
    spec: { versions: [{ schema: { openAPIV3Schema: { properties: Record<'spec' | 'status', Schema> } } }] };
  };
  const { properties } = spec.versions[0].schema.openAPIV3Schema;
  return [
    '<!-- Generated from remote-crd/schema.ts by scripts/generate.ts: change it there. -->',
    '# The Remote',
    '',
    '`kubectl explain remote.spec` explains the same fields, `kubectl get remotes` shows what runs, and `kubectl describe remote`',
    'what happened.',
    '',
    ...example,
    '',
    'Fields that end in `[]` are lists. Everything may be left out unless it says *required*.',
    '',
    '## Spec',
    '',
    ...table(properties.spec),
    '',
    '## Status',
    '',
    ...table(properties.status),
    '',
  ].join('\n');
}

const example = [
  '```yaml',
  'apiVersion: gitkube.sh/v1alpha1',
  'kind: Remote',
  'metadata: {name: hello, namespace: default}',
  'spec:',
  '  authorizedKeys:',
  '    - ssh-ed25519 AAAA… alice@laptop          # works within a second of kubectl apply',
  '  branch: main                                # unset: main or master, whichever is pushed first',
  '  registry:                                   # unset: the default of the server',
  '    url: registry.example.com/team',
  '    credentials: {secretRef: regsecret}       # a docker-registry Secret in this namespace',
  '  rollout: {timeoutSeconds: 300, watchSeconds: 60}',
  '  deployments:                                # in this namespace; any number, all or none',
  '    - name: hello                             # kind: StatefulSet, DaemonSet or CronJob; unset: Deployment',
  '      containers:                             # containers or init containers',
  '        - name: web',
  '          path: services/web                  # the build context',
  '          dockerfile: services/web/Dockerfile # relative to the repository root; this is the default',
  '          target: production',
  '          buildArgs: [{name: VERSION, value: "any characters"}]',
  '  manifests: {path: k8s}                      # YAML, a kustomization or a chart, applied with each push',
  '```',
];

function table(schema: Schema): string[] {
  return ['| field | type | about |', '|---|---|---|', ...rows(schema, '')];
}

/** @param outer fields that are explained already */
function rows({ properties = {}, required = [] }: Schema, prefix: string, outer: Schema['properties'] = {}): string[] {
  const isKnown = ([name, field]: [string, Schema]) => outer[name]?.description === field.description;
  const all = Object.entries(properties);
  const own = all.flatMap(([name, field]) => {
    if (isKnown([name, field])) return [];
    const path = `${prefix}${name}${field.type === 'array' ? '[]' : ''}`;
    const about = `${required.includes(name) ? '*Required.* ' : ''}${field.description ?? ''}`;
    const row = `| \`${path}\` | ${typeOf(field)} | ${about.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')} |`;
    return [row, ...rows(field.items ?? field, `${path}.`, name === 'environments' ? properties : {})];
  });
  const known = all.filter(isKnown).map(([name]) => `\`${prefix}${name}\``);
  return known.length > 0 ? [...own, `| ${known.join(', ')} | | As of the Remote itself. |`] : own;
}

function typeOf({ type, items, enum: choices, 'x-kubernetes-int-or-string': isQuantity }: Schema): string {
  if (choices) return 'one of several words';
  if (type === 'array') return `list of ${items?.type ?? 'object'}s`;
  return type ?? (isQuantity ? 'quantity' : 'list or object');
}
