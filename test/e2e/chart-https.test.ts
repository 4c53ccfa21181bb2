import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayApi } from '../support/gateway-api.ts';
import { chart, helm, mustHelm, values } from '../support/helm.ts';
import { kubectl, TestNamespace } from '../support/kubectl.ts';

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly spec: {
    readonly ports?: unknown;
    readonly rules?: readonly { readonly http?: { readonly paths: readonly object[] } }[];
    readonly template?: { readonly spec: { readonly containers: readonly { readonly env: readonly Variable[] }[] } };
  };
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

let namespace: TestNamespace;
let gatewayApi: GatewayApi;

beforeAll(async () => {
  [namespace, gatewayApi] = await Promise.all([TestNamespace.create('chart-https'), GatewayApi.install()]);
});
afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await gatewayApi[Symbol.asyncDispose]();
});

type Values = Readonly<Record<string, unknown>>;

const template = (set: Values) =>
  mustHelm('template', 'gitkube', chart, `--namespace=${namespace.name}`, ...values(set));

/** Those of git over HTTPS, by kind; of its Services the one with that name. */
async function rendered(set: Values): Promise<Record<string, Rendered | undefined>> {
  const objects = (loadAll(await template(set)) as (Rendered | null)[]).filter((object) => object !== null);
  const ours = objects.filter(({ kind, metadata }) => kind === 'Deployment' || metadata.name === 'gitkube-https');
  return Object.fromEntries(ours.map((object) => [object.kind, object]));
}

function settings(deployment: Rendered | undefined): Record<string, string> {
  const env = deployment?.spec.template?.spec.containers[0]?.env ?? [];
  const ours = env.filter(({ name }) => name.includes('GIT_HTTPS'));
  return Object.fromEntries(ours.map(({ name, value }) => [name.replace('GITKUBE_GIT_HTTPS_', ''), value]));
}

const proxies = ['10.244.0.0/16', '2001:db8::/64'];
const gateway = { name: 'public', namespace: 'gateways', sectionName: 'https' };
const route = { enabled: true, parentRefs: [gateway], hostnames: ['git.example.com', 'git.example.org'] };
const ingress = { enabled: true, className: 'nginx', host: 'git.example.com', tlsSecret: 'git-tls' };
const tlsToServer = { 'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS' };

describe('the chart with git over HTTPS', () => {
  it.each<[string, Values]>([
    ['behind a Gateway', { enabled: true, proxies, route }],
    ['behind a Gateway that speaks TLS to it', { enabled: true, proxies, secretName: 'tls', route }],
    [
      'behind a Gateway that knows its issuer',
      {
        enabled: true,
        proxies,
        secretName: 'tls',
        route: { ...route, backendTLS: { hostname: 'g', caConfigMap: 'ca' } },
      },
    ],
    ['behind an Ingress', { enabled: true, proxies, ingress: { ...ingress, annotations: { a: 'b' } } }],
    [
      'behind an Ingress with the certificate of its controller',
      { enabled: true, proxies, ingress: { enabled: true, host: 'git.example.com' } },
    ],
    ['behind both', { enabled: true, proxies, route, ingress }],
  ])('%s is accepted by the API server', async (_, https) => {
    const apply = ['apply', '--server-side', '--dry-run=server', '-f', '-'];
    const manifest = gatewayApi.known(await template({ https }));
    const { code, output } = await kubectl(apply, manifest);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).not.toMatch(/^Warning: /m);
    expect(output.includes('httproute')).toBe('route' in https);
    expect(output.includes('backendtlspolicy')).toBe('route' in https && 'secretName' in https);
    expect(output.includes('ingress.networking.k8s.io/gitkube-https')).toBe('ingress' in https);
  });

  it.each(['route', 'ingress'])('as the guide has it with %s is accepted, too', async (front) => {
    const guide = await readFile(join(chart, '../../docs/guides/https.md'), 'utf8');
    const blocks = [...guide.matchAll(/```yaml\n(https:\n[^`]*)```/g)].map(([, text = '']) => load(text));
    const set = (blocks as { https: Values }[]).find(({ https }) => front in https);
    const manifest = gatewayApi.known(await template(set ?? {}));
    const { output } = await kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-'], manifest);
    expect(output).toMatch(/(httproute|ingress)\.[a-z0-9.-]+\/gitkube-https serverside-applied/);
  });

  it('is refused by the same API server with a wrong HTTPRoute', async () => {
    const wrong = (await template({ https: { enabled: true, proxies, route } })).replace(
      'request: 0s',
      'request: never',
    );
    const refused = await kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-'], gatewayApi.known(wrong));
    expect(refused.output).toContain('spec.rules[0].timeouts.request: Invalid value: "never"');
  });

  it('has no time limit in its HTTPRoute, and a server that speaks plain HTTP to the proxies alone', async () => {
    const { HTTPRoute, Service, Deployment } = await rendered({ https: { enabled: true, proxies, route } });
    expect(HTTPRoute?.spec).toEqual({
      parentRefs: [gateway],
      hostnames: route.hostnames,
      rules: [
        {
          timeouts: { request: '0s' },
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ name: 'gitkube-https', port: 80 }],
        },
      ],
    });
    expect(Service?.spec.ports).toEqual([{ name: 'http', appProtocol: 'http', port: 80, targetPort: 'https' }]);
    expect(settings(Deployment)).toEqual({
      LISTEN: '0.0.0.0:8443',
      PROXIES: proxies.join(','),
      URL: 'https://git.example.com',
    });
  });

  it('has TLS as far as the server where that has a certificate', async () => {
    const https = { enabled: true, proxies, secretName: 'tls', url: 'https://git.example.net:8443', route };
    const { BackendTLSPolicy, Service, Deployment } = await rendered({ https });
    expect(BackendTLSPolicy?.spec).toEqual({
      targetRefs: [{ group: '', kind: 'Service', name: 'gitkube-https' }],
      validation: { hostname: 'git.example.com', wellKnownCACertificates: 'System' },
    });
    expect(Service?.spec.ports).toEqual([{ name: 'https', appProtocol: 'https', port: 443, targetPort: 'https' }]);
    expect(settings(Deployment)).toMatchObject({
      CERTIFICATE: '/etc/gitkube/https',
      URL: 'https://git.example.net:8443',
    });
  });

  it('passes on what the controller of an Ingress has to be asked for', async () => {
    const annotations = { ...tlsToServer, 'nginx.ingress.kubernetes.io/proxy-body-size': '0' };
    const { Ingress, Deployment } = await rendered({
      https: { enabled: true, proxies, secretName: 'tls', ingress: { ...ingress, annotations } },
    });
    expect(Ingress?.metadata.annotations).toEqual(annotations);
    expect(Ingress?.spec).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ hosts: ['git.example.com'], secretName: 'git-tls' }],
      rules: [{ host: 'git.example.com' }],
    });
    const backend = { service: { name: 'gitkube-https', port: { number: 443 } } };
    expect(Ingress?.spec.rules?.[0]?.http?.paths).toEqual([{ path: '/', pathType: 'Prefix', backend }]);
    expect(settings(Deployment)).toMatchObject({ URL: 'https://git.example.com' });
  });

  it('says in its notes what users need', async () => {
    const notes = (https: Values) =>
      mustHelm('install', 'gitkube', chart, '--dry-run=client', `--namespace=${namespace.name}`, ...values({ https }));
    const withRoute = await notes({ enabled: true, proxies, route });
    expect(withRoute).toMatch(/gitkube remote tokens add .*\n +https:\/\/git\.example\.com\n/);
    expect(await notes({ enabled: true, proxies })).toContain('set https.url');
    expect(await notes({})).not.toContain('tokens add');
  });

  it.each<[string, Values, string]>([
    ['a route without the door', { route }, 'https.route.enabled has nothing behind it: set https.enabled=true'],
    ['an Ingress without the door', { ingress }, 'https.ingress.enabled has nothing behind it'],
    ['a route without proxies', { enabled: true, route }, 'https.route.enabled needs https.proxies'],
    [
      'an Ingress without proxies',
      { enabled: true, secretName: 'tls', ingress },
      'https.ingress.enabled needs https.proxies',
    ],
    ['neither TLS nor proxies', { enabled: true }, 'https.enabled needs TLS: set https.secretName'],
    ['no Gateway', { enabled: true, proxies, route: { ...route, parentRefs: [] } }, 'set https.route.parentRefs'],
    ['no host', { enabled: true, proxies, route: { ...route, hostnames: [] } }, 'set https.route.hostnames'],
    ['a pattern', { enabled: true, proxies, route: { ...route, hostnames: ['*.example.com'] } }, 'set https.url'],
    ['no host', { enabled: true, proxies, ingress: { enabled: true } }, 'set https.ingress.host'],
    [
      'TLS to the server that nobody speaks',
      { enabled: true, proxies, secretName: 'tls', ingress },
      'https.ingress has to speak TLS to a server with https.secretName',
    ],
    [
      'TLS to a server that speaks none',
      { enabled: true, proxies, ingress: { ...ingress, annotations: tlsToServer } },
      'https.ingress.annotations has backend-protocol HTTPS',
    ],
    ['a URL with a path', { enabled: true, secretName: 'tls', url: 'https://example.com/git' }, '/https/url'],
    ['a URL without TLS', { enabled: true, secretName: 'tls', url: 'http://example.com' }, '/https/url'],
  ])('refuses %s, and names what to set', async (_, https, message) => {
    const { code, output } = await helm('template', 'gitkube', chart, ...values({ https }));
    expect(code).not.toBe(0);
    expect(output).toContain(message);
  });
});
