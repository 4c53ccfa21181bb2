import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installManifest } from '../../scripts/install-manifest.ts';
import { eventually } from '../support/eventually.ts';
import { chart, helm, mustHelm, values } from '../support/helm.ts';
import { kubectl, mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { rig } from '../support/rig.ts';

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly spec: { readonly template: PodTemplate };
}

interface PodTemplate {
  readonly metadata: object;
  readonly spec: { readonly containers: readonly { readonly env: readonly { name: string; value: string }[] }[] };
}

/** Below those that Kubernetes hands out, which end at 30085: nobody else's. */
const staticNodePorts = { service: 30_001, registry: 30_002 };

let namespace: TestNamespace;
let watched: TestNamespace;

beforeAll(async () => {
  namespace = await TestNamespace.create('chart');
  watched = await TestNamespace.create('watched');
});
afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await watched[Symbol.asyncDispose]();
});

function template(set: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return mustHelm('template', 'gitkube', chart, `--namespace=${namespace.name}`, ...values(set));
}

async function rendered(set: Readonly<Record<string, unknown>> = {}): Promise<Rendered[]> {
  return (loadAll(await template(set)) as (Rendered | null)[]).filter((object) => object !== null);
}

async function podTemplate(name: string, set: Readonly<Record<string, unknown>>): Promise<PodTemplate> {
  const found = (await rendered(set)).find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name);
  if (!found) throw new Error(`the chart has no Deployment ${name}`);
  return found.spec.template;
}

const external = { 'builder.external': { url: 'tcp://engine.example.com:2376', tls: { secretName: 'engine' } } };

describe('the chart', () => {
  it('passes helm lint --strict', async () => {
    expect((await helm('lint', '--strict', chart)).output).toContain('0 chart(s) failed');
  });

  it.each<[string, () => Record<string, unknown>]>([
    ['no values', () => ({})],
    ['a node port', () => ({ 'service.type': 'NodePort', 'service.nodePort': staticNodePorts.service })],
    ['an external engine', () => external],
    ['listed namespaces', () => ({ watchNamespaces: [watched.name] })],
    ['a name that YAML takes for a truth', () => ({ nameOverride: 'on' })],
    ['a registry', () => ({ 'registry.enabled': true, 'registry.nodePort': staticNodePorts.registry })],
    ['git over HTTPS', () => ({ 'https.enabled': true, 'https.secretName': 'tls', 'https.service.type': 'NodePort' })],
    ['git behind a proxy', () => ({ https: { enabled: true, proxies: ['10.0.0.0/8', '192.0.2.1'] } })],
    [
      'everything else',
      () => ({
        'service.annotations': { a: 'b' },
        'service.loadBalancerIP': '192.0.2.1',
        'service.loadBalancerSourceRanges': ['192.0.2.0/24'],
        'service.externalIPs': ['192.0.2.2'],
        'service.externalTrafficPolicy': 'Local',
        'persistence.enabled': false,
        'builder.cache': { persistent: true, size: '5Gi', storageClass: '-' },
        'networkPolicy.egress': [{ ports: [{ protocol: 'TCP', port: 443 }] }],
        'networkPolicy.httpFrom': [{ namespaceSelector: {} }],
        imagePullSecrets: [{ name: 'pull' }],
        nodeSelector: { disk: 'fast' },
        tolerations: [{ key: 'x', operator: 'Exists' }],
        extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
        'manifests.serviceAccounts': [],
      }),
    ],
  ])('with %s is accepted by the API server', async (_, set) => {
    const apply = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'];
    const { code, output } = await kubectl(apply, await template(set()));
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).not.toMatch(/^Warning: (?!spec.externalIPs is deprecated)/m);
  });

  it.each([
    ['service.type', 'Loadbalancer', /service.type/i],
    ['service.port', 'ssh', /port.*(want integer|integer)/is],
    ['builder.external.url', 'unix:///var/run/docker.sock', /does not match pattern/],
    ['builder.external.tls.secretName', 'engine-tls', /builder\/external\/url/],
    ['settings.GITKUBE_MAX_PUSH', 3, /GITKUBE_MAX_PUSH/],
    ['watchNamespaces', 'default', /want array/],
    ['replicas', 2, /replicas/],
  ])('refuses %s=%j with a message', async (name, value, message) => {
    const { code, output } = await helm('template', 'gitkube', chart, ...values({ [name]: value }));
    expect(code).not.toBe(0);
    expect(output).toMatch(/values don't meet the specifications of the schema/);
    expect(output).toMatch(message);
  });

  it('passes on every setting of the server, which wins over a value', async () => {
    const set = { settings: { GITKUBE_MAX_PUSHES: 3, GITKUBE_SSH_LISTEN: '127.0.0.1:2022' } };
    const env = (await podTemplate('gitkube', set)).spec.containers[0]?.env;
    expect(env).toContainEqual({ name: 'GITKUBE_MAX_PUSHES', value: '3' });
    expect(env?.filter(({ name }) => name === 'GITKUBE_SSH_LISTEN')).toEqual([
      { name: 'GITKUBE_SSH_LISTEN', value: '127.0.0.1:2022' },
    ]);
  });

  it('asks for no right over the cluster when namespaces are listed', async () => {
    const kinds = (await rendered({ watchNamespaces: [watched.name] })).map(({ kind }) => kind);
    expect(kinds).not.toContain('ClusterRole');
    expect(kinds).not.toContain('ClusterRoleBinding');
  });

  it('upgrades the CRD with the release, and keeps it when it is uninstalled', async () => {
    const [crd] = (await rendered()).filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(crd?.metadata).toMatchObject({ annotations: { 'helm.sh/resource-policy': 'keep' } });
    expect((await rendered({ 'crds.install': false })).map(({ kind }) => kind)).not.toContain(
      'CustomResourceDefinition',
    );
  });

  it('asks for a registry in the first Remote only where there is no default one', async () => {
    const notes = (set: Record<string, unknown>) =>
      mustHelm('install', 'gitkube', chart, '--dry-run=client', `--namespace=${namespace.name}`, ...values(set));
    const asksFor = 'registry: {url: registry.example.com/team}';
    expect(await notes({})).toContain(asksFor);
    expect(await notes({ 'registry.enabled': true })).not.toContain(asksFor);
    expect(await notes({ settings: { GITKUBE_REGISTRY: 'r.example.com/team' } })).not.toContain(asksFor);
  });

  it('renders what manifests/install.yaml has', () => {
    const committed = readFileSync(join(chart, '../install.yaml'), 'utf8');
    expect(installManifest(rig().helm), 'run node scripts/generate-install.ts').toBe(committed);
  });
});

describe('Pod Security', () => {
  const podOf = async (name: string, set: Record<string, unknown>) => {
    const { metadata, spec } = await podTemplate(name, set);
    const account = { serviceAccountName: 'default' };
    return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec: { ...spec, ...account } };
  };
  const admit = async (level: string, pod: object) => {
    await mustKubectl([
      'label',
      '--overwrite',
      'namespace',
      watched.name,
      `pod-security.kubernetes.io/enforce=${level}`,
    ]);
    // A label is in force a moment after it is stored.
    await eventually(async () => (await create(privileged)).code === (level === 'privileged' ? 0 : 1));
    return create(pod);
  };
  const create = (pod: object) => kubectl(['create', '--dry-run=server', '-n', watched.name, '-f', '-'], pod);
  const privileged = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'privileged' },
    spec: {
      serviceAccountName: 'default',
      containers: [{ name: 'x', image: 'x', securityContext: { privileged: true } }],
    },
  };
  afterAll(() => mustKubectl(['label', 'namespace', watched.name, 'pod-security.kubernetes.io/enforce-']));

  it('the server with an engine elsewhere passes `restricted`', async () => {
    expect(await admit('restricted', await podOf('gitkube', external))).toMatchObject({ code: 0 });
  });

  it('the registry passes `restricted`', async () => {
    expect(await admit('restricted', await podOf('gitkube-registry', { 'registry.enabled': true }))).toMatchObject({
      code: 0,
    });
  });

  it('with the engine in the pod, the engine alone is what needs `privileged`', async () => {
    const pod = await podOf('gitkube', {});
    const refused = await admit('restricted', pod);
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain('engine');
    expect(refused.output).not.toContain('"server"');
    expect(await admit('privileged', pod)).toMatchObject({ code: 0 });
  });
});
