import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRead, LookupRelay } from './lookup-relay.ts';

describe('a template may read', () => {
  it.each([
    '/version',
    '/api',
    '/apis?timeout=32s',
    '/api/v1',
    '/apis/apps/v1',
    '/api/v1/namespaces/shop/secrets/password',
    '/api/v1/namespaces/shop/secrets',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node',
    '/api/v1/nodes/one',
  ])('%s', (path) => expect(isRead(path)).toBe(true));
});

describe('a template may not reach', () => {
  it.each([
    '/api/v1/namespaces/shop/services/www/proxy',
    '/api/v1/namespaces/shop/services/www/proxy/secret',
    '/api/v1/nodes/one/proxy',
    '/api/v1/namespaces/shop/pods/one/exec?command=sh',
    '/api/v1/namespaces/shop/secrets?watch=true',
    '/api/v1/watch/secrets',
    '/apis/apps/v1/watch/deployments',
    '/api/v1/namespaces/shop/../../../metrics',
    '/api/v1/namespaces/shop/secrets/..',
    '/api/v1/namespaces/shop/secrets/a%2Fb',
    '/metrics',
    '/logs/kubelet.log',
    '//api/v1/secrets',
  ])('%s', (path) => expect(isRead(path)).toBe(false));
});

describe('what a template looks up and cannot exist', () => {
  const asked = async (path: string) => {
    await using relay = await LookupRelay.open({ readPath: () => Promise.reject(new Error('asked')) }, 'me');
    const answer = await fetch(`${relay.url}${path}`);
    return ((await answer.json()) as { message: string }).message;
  };

  it('is named: an unknown kind, an impossible name', async () => {
    expect(await asked('/api/password')).toBe(
      'the cluster has no such kind; write it as in kubectl api-resources, such as Secret',
    );
    expect(await asked('/api/v1/namespaces/shop/secrets/Bad%21')).toBe('no object can have the name Bad%21');
    expect(await asked('/api/v1/namespaces/shop/pods/one/exec')).toBe('a template only looks up objects');
  });
});

describe('the relay', () => {
  it('reads as the account for requests with its token, and for no others', async () => {
    const asked: unknown[] = [];
    const readPath = async (path: string, options: object) => {
      asked.push({ path, ...options });
      return { status: 404, contentType: 'application/json', body: '{"kind":"Status"}' };
    };
    const folder = await mkdtemp(join(tmpdir(), 'relay-'));
    try {
      await using relay = await LookupRelay.open({ readPath }, 'system:serviceaccount:shop:gitkube-deployer');
      await relay.writeKubeconfig(join(folder, 'kubeconfig'), 'shop');
      const config = JSON.parse(await readFile(join(folder, 'kubeconfig'), 'utf8'));
      const { server } = config.clusters[0].cluster;
      const path = '/api/v1/namespaces/shop/secrets/a';
      const { origin } = new URL(server);
      expect((await fetch(`${origin}/${'0'.repeat(64)}${path}`)).status).toBe(401);
      expect((await fetch(`${origin}${path}`)).status).toBe(401);
      expect((await fetch(`${server}${path}`, { method: 'DELETE' })).status).toBe(403);
      expect(asked).toEqual([]);
      const answer = await fetch(`${server}${path}`);
      expect([answer.status, await answer.text()]).toEqual([404, '{"kind":"Status"}']);
      expect(asked).toEqual([
        {
          path: '/api/v1/namespaces/shop/secrets/a',
          as: 'system:serviceaccount:shop:gitkube-deployer',
          accept: 'application/json',
        },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
