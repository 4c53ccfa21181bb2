import { describe, expect, it } from 'vitest';
import type { AnyObject } from '../../kube/kube.ts';
import { reachableAt } from './reachable-at.ts';

const object = (apiVersion: string, kind: string, name: string, rest: object) =>
  ({ apiVersion, kind, metadata: { name, namespace: 'shop' }, ...rest }) as AnyObject;

const labels = { app: 'www', tier: 'web' };
const www = object('apps/v1', 'Deployment', 'www', { spec: { template: { metadata: { labels } } } });
const service = object('v1', 'Service', 'front', { spec: { selector: { app: 'www' }, ports: [{ port: 80 }] } });
const backend = { service: { name: 'front', port: { number: 80 } } };

function ingress(over: object = {}, path: object = {}) {
  const rule = { host: 'shop.example.com', http: { paths: [{ path: '/', backend, ...path }] }, ...over };
  return object('networking.k8s.io/v1', 'Ingress', 'www', { spec: { rules: [rule], tls: [] } });
}

const workload = { kind: 'Deployment', name: 'www' };
const found = (...others: AnyObject[]) => reachableAt([www, ...others], [workload]);

describe('where a workload can be reached', () => {
  it('is host and path of an Ingress whose Service selects its pods', () => {
    expect(found(service, ingress())).toEqual(['www: http://shop.example.com/']);
    const secure = ingress({}, { path: '/admin' });
    const spec = { ...(secure.spec as object), tls: [{ hosts: ['shop.example.com'] }] };
    expect(found(service, { ...secure, spec })).toEqual(['www: https://shop.example.com/admin']);
  });

  it('is not said where it is not certain', () => {
    expect(found(ingress())).toEqual([]);
    expect(found(service)).toEqual([]);
    expect(found(service, ingress({ host: '*.example.com' }))).toEqual([]);
    expect(found(service, ingress({ host: undefined }))).toEqual([]);
    expect(found(service, ingress({}, { path: '/api(/|$)(.*)' }))).toEqual([]);
    expect(found(service, ingress({}, { backend: { service: { name: 'other' } } }))).toEqual([]);
    const other = { ...service, spec: { selector: { app: 'www', tier: 'api' } } };
    expect(found(other, ingress())).toEqual([]);
    expect(found({ ...service, spec: {} }, ingress())).toEqual([]);
    expect(reachableAt([www, service, ingress()], [{ kind: 'StatefulSet', name: 'www' }])).toEqual([]);
  });

  it('is the host of an HTTPRoute, whose Gateway knows the scheme', () => {
    const spec = { hostnames: ['shop.example.com', '*.example.com'], rules: [{ backendRefs: [{ name: 'front' }] }] };
    const route = object('gateway.networking.k8s.io/v1', 'HTTPRoute', 'www', { spec });
    expect(found(service, route)).toEqual(['www: shop.example.com']);
    const elsewhere = { ...spec, rules: [{ backendRefs: [{ kind: 'Other', name: 'front' }] }] };
    expect(found(service, { ...route, spec: elsewhere })).toEqual([]);
  });

  it('is the address of a load balancer that has one', () => {
    const spec = { ...(service.spec as object), type: 'LoadBalancer' };
    expect(found({ ...service, spec })).toEqual([]);
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.7' }, { ip: '2001:db8::7' }] } };
    expect(found({ ...service, spec, status })).toEqual(['www: 203.0.113.7:80', 'www: [2001:db8::7]:80']);
  });
});
