import http from 'node:http';
import https from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { AnsweringServers } from '../../test/support/answering.ts';
import { openRegistry, quickClock } from '../../test/support/quick-registry.ts';
import { parseChallenge } from './auth.ts';
import { createRegistryClient } from './client.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const { signal } = new AbortController();
const servers = new AnsweringServers();
afterEach(() => servers.close());

describe('the token service of a registry', () => {
  it('gives a token for push and pull', async () => {
    const seen: string[] = [];
    const host = await servers.serve(({ url = '', headers: { authorization } }, self) => {
      seen.push(`${url.split('?')[0]} ${authorization ?? '-'}`);
      if (url.startsWith('/token')) {
        expect(new URL(url, 'http://x').searchParams.get('scope')).toBe('repository:a/b:pull,push');
        return { status: 200, body: '{"token":"t0"}' };
      }
      if (authorization === 'Bearer t0') return { status: 200, headers: { 'docker-content-digest': digest } };
      const challenge = `Bearer realm="http://${self}/token",service="s"`;
      return { status: 401, headers: { 'www-authenticate': challenge } };
    });
    const client = openRegistry(host);
    await expect(client.manifestDigest('a/b', 'x', signal)).resolves.toBe(digest);
    await expect(client.manifestDigest('a/b', 'y', signal)).resolves.toBe(digest);
    const basic = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    expect(seen).toEqual([
      '/v2/a/b/manifests/x -',
      `/token ${basic}`,
      '/v2/a/b/manifests/x Bearer t0',
      '/v2/a/b/manifests/y Bearer t0',
    ]);
  });

  it.each([
    ['no JSON', 'Unexpected token in your config'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a token that is a number', '{"token":7}'],
    ['a token that is no header', '{"token":"a\\nb"}'],
  ])('is named when it answers with %s', async (_, body) => {
    const host = await servers.serve(({ url = '' }, self) => {
      if (url.startsWith('/token')) return { status: 200, body };
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${self}/token"` } };
    });
    await expect(openRegistry(host).ping(signal)).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
      message: `the token service of ${host} answers without a token`,
    });
  });

  it('gets no password, and no request, at another address of this machine', async () => {
    const asked: unknown[] = [];
    const other = await servers.serve(({ method, url }) => {
      asked.push(`${method} ${url}`);
      return { status: 200, body: '{"token":"t"}' };
    });
    const host = await servers.serve(() => ({
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="http://${other}/admin?delete=everything"` },
    }));
    const registry = createRegistryClient({ insecureRegistries: [], clock: quickClock, log: silentLogger });
    const token = { host, username: '<token>', password: 'secret' };
    await expect(registry.open(host, token).ping(signal)).rejects.toMatchObject({
      reason: 'RegistryDenied',
      message: `the registry ${host} names a token service without TLS, at ${other}`,
    });
    expect(asked).toEqual([]);
  });

  it('is asked at the address that was checked, whatever its name resolves to a moment later', async () => {
    const met: string[] = [];
    const inside = https.createServer();
    inside.on('connection', () => met.push('connection'));
    const insideAt = await servers.listen(inside);
    const port = insideAt.split(':')[1];
    const host = await servers.serve(() => ({
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="https://localhost:${port}/token"` },
    }));
    // TEST-NET-1: nobody is there.
    const answers = [['192.0.2.1'], ['127.0.0.1']];
    const resolve = async () => answers.shift() ?? ['127.0.0.1'];
    const options = { insecureRegistries: [], clock: quickClock, log: silentLogger, answerMs: 300, resolve };
    await expect(createRegistryClient(options).open(host, undefined).ping(signal)).rejects.toBeInstanceOf(GitkubeError);
    expect(met).toEqual([]);
  });

  it('is asked by its name, at the addresses of the resolver', async () => {
    const met = Promise.withResolvers<string>();
    const service = https.createServer({
      SNICallback: (name, done) => {
        met.resolve(name);
        done(new Error('no certificate'));
      },
    });
    const serviceAt = await servers.listen(service);
    const realm = `https://auth.invalid:${serviceAt.split(':')[1]}/token`;
    const host = await servers.serve(() => ({
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${realm}"` },
    }));
    const resolve = async () => ['127.0.0.1'];
    const options = { insecureRegistries: [], defaultRegistry: host, clock: quickClock, log: silentLogger, resolve };
    await expect(createRegistryClient(options).open(host, undefined).ping(signal)).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
    });
    expect(await met.promise).toBe('auth.invalid');
  });

  it('has its addresses resolved again after a failure', async () => {
    const host = await servers.serve(() => ({ status: 200 }));
    const [, port] = host.split(':');
    let asked = 0;
    const resolve = async () => {
      if (++asked < 3) throw Object.assign(new Error('try again'), { code: 'EAI_AGAIN' });
      return ['127.0.0.1'];
    };
    const insecure = `reg.invalid:${port}`;
    const options = { insecureRegistries: [insecure], clock: quickClock, log: silentLogger, resolve };
    await createRegistryClient(options).open(insecure, undefined).ping(signal);
    expect(asked).toBe(3);
  });

  it('keeps no connection when it refuses at any length', async () => {
    const closed = Promise.withResolvers<void>();
    const server = http.createServer(({ url = '', headers: { host } }, response) => {
      if (!url.startsWith('/token'))
        return void response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` }).end();
      response.on('close', closed.resolve).writeHead(403).write('no');
    });
    const host = await servers.listen(server);
    await expect(openRegistry(host).ping(signal)).rejects.toMatchObject({ reason: 'RegistryDenied' });
    await closed.promise;
  });

  it('gets no password without TLS', async () => {
    const host = await servers.serve(() => ({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="http://evil.example/token"' },
    }));
    await expect(openRegistry(host).ping(signal)).rejects.toMatchObject({ reason: 'RegistryDenied' });
  });
});

it.each([
  ['Bearer realm="https://a/t?x=1",service="s, t"', 'bearer', { realm: 'https://a/t?x=1', service: 's, t' }],
  ['basic realm=x', 'basic', { realm: 'x' }],
  ['Bearer realm="a\\"b"', 'bearer', { realm: 'a"b' }],
  ['', '', {}],
])('the challenge %j is parsed', (text, scheme, parameters) => {
  const challenge = parseChallenge(text);
  expect({ scheme: challenge.scheme, parameters: Object.fromEntries(challenge.parameters) }).toEqual({
    scheme,
    parameters,
  });
});
