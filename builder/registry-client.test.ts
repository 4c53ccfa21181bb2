import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { parseChallenge } from './registry-auth.ts';
import { createRegistryClient } from './registry-client.ts';
import { isInsecure } from './registry-http.ts';

// What a real registry does is tested with a real one, in test/e2e/builder.test.ts; here are the faults.
type Answer = { status: number; headers?: http.OutgoingHttpHeaders; body?: string };
type Handler = (request: http.IncomingMessage, host: string) => Answer | undefined;

const digest = `sha256:${'0'.repeat(64)}`;
const credentials = (host: string) => ({ host, username: 'ann', password: 'secret' });
const { signal } = new AbortController();
const servers: (http.Server | https.Server)[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(handler: Handler): Promise<string> {
  const server = http.createServer((request, response) => {
    const answer = handler(request, request.headers.host ?? '');
    if (answer === undefined) return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const quick = { ...systemClock, delay: async () => {} };

function open(host: string, withCredentials = true) {
  const registry = createRegistryClient({ insecureRegistries: [], clock: quick, log: silentLogger });
  return registry.open(host, withCredentials ? credentials(host) : undefined);
}

describe('RegistryClient', () => {
  it('gets a token for push and pull from the service that the registry names', async () => {
    const seen: string[] = [];
    const host = await serve(({ url = '', headers: { authorization } }, self) => {
      seen.push(`${url.split('?')[0]} ${authorization ?? '-'}`);
      if (url.startsWith('/token')) {
        expect(new URL(url, 'http://x').searchParams.get('scope')).toBe('repository:a/b:pull,push');
        return { status: 200, body: '{"token":"t0"}' };
      }
      if (authorization === 'Bearer t0') return { status: 200, headers: { 'docker-content-digest': digest } };
      const challenge = `Bearer realm="http://${self}/token",service="s"`;
      return { status: 401, headers: { 'www-authenticate': challenge } };
    });
    const client = open(host);
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
  ])('says so when the token service answers with %s', async (_, body) => {
    const host = await serve(({ url = '' }, self) => {
      if (url.startsWith('/token')) return { status: 200, body };
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${self}/token"` } };
    });
    await expect(open(host).ping(signal)).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
      message: `the token service of ${host} answers without a token`,
    });
  });

  it('leads a password, or a request, to nothing else on this machine', async () => {
    const asked: unknown[] = [];
    const other = await serve(({ method, url }) => {
      asked.push(`${method} ${url}`);
      return { status: 200, body: '{"token":"t"}' };
    });
    const host = await serve(() => ({
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="http://${other}/admin?delete=everything"` },
    }));
    const registry = createRegistryClient({ insecureRegistries: [], clock: quick, log: silentLogger });
    const token = { host, username: '<token>', password: 'secret' };
    await expect(registry.open(host, token).ping(signal)).rejects.toMatchObject({
      reason: 'RegistryDenied',
      message: `the registry ${host} names a token service without TLS, at ${other}`,
    });
    expect(asked).toEqual([]);
  });

  it('asks a token service at the address that was checked, whatever its name leads to a moment later', async () => {
    const met: string[] = [];
    const inside = https.createServer();
    inside.on('connection', () => met.push('connection'));
    servers.push(inside);
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    const { port } = inside.address() as AddressInfo;
    const host = await serve(() => ({
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="https://localhost:${port}/token"` },
    }));
    // TEST-NET-1: nobody is there.
    const answers = [['192.0.2.1'], ['127.0.0.1']];
    const resolve = async () => answers.shift() ?? ['127.0.0.1'];
    const options = { insecureRegistries: [], clock: quick, log: silentLogger, answerMs: 300, resolve };
    await expect(createRegistryClient(options).open(host, undefined).ping(signal)).rejects.toBeInstanceOf(GitkubeError);
    expect(met).toEqual([]);
  });

  it('asks it by its name, at the addresses of the resolver', async () => {
    const met = Promise.withResolvers<string>();
    const service = https.createServer({
      SNICallback: (name, done) => {
        met.resolve(name);
        done(new Error('no certificate'));
      },
    });
    servers.push(service);
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const realm = `https://auth.invalid:${(service.address() as AddressInfo).port}/token`;
    const host = await serve(() => ({ status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } }));
    const resolve = async () => ['127.0.0.1'];
    const options = { insecureRegistries: [], defaultRegistry: host, clock: quick, log: silentLogger, resolve };
    await expect(createRegistryClient(options).open(host, undefined).ping(signal)).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
    });
    expect(await met.promise).toBe('auth.invalid');
  });

  it('asks again for addresses that were not to be had', async () => {
    const host = await serve(() => ({ status: 200 }));
    const [, port] = host.split(':');
    let asked = 0;
    const resolve = async () => {
      if (++asked < 3) throw Object.assign(new Error('try again'), { code: 'EAI_AGAIN' });
      return ['127.0.0.1'];
    };
    const insecure = `reg.invalid:${port}`;
    const options = { insecureRegistries: [insecure], clock: quick, log: silentLogger, resolve };
    await createRegistryClient(options).open(insecure, undefined).ping(signal);
    expect(asked).toBe(3);
  });

  it('keeps no connection to a token service that refuses at any length', async () => {
    const closed = Promise.withResolvers<void>();
    const server = http.createServer(({ url = '', headers: { host } }, response) => {
      if (!url.startsWith('/token'))
        return void response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` }).end();
      response.on('close', closed.resolve).writeHead(403).write('no');
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(open(host).ping(signal)).rejects.toMatchObject({ reason: 'RegistryDenied' });
    await closed.promise;
  });

  it('sends no password to a token service without TLS', async () => {
    const host = await serve(() => ({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="http://evil.example/token"' },
    }));
    await expect(open(host).ping(signal)).rejects.toMatchObject({ reason: 'RegistryDenied' });
  });

  it('sends no password before it is asked, none to another host, and follows no redirect', async () => {
    const authorizations: unknown[] = [];
    const other = await serve(({ headers }) => {
      authorizations.push(headers.authorization);
      return { status: 200 };
    });
    const host = await serve(({ headers }) => {
      authorizations.push(headers.authorization);
      return { status: 307, headers: { location: `http://${other}/v2/` } };
    });
    await expect(open(host).ping(signal)).rejects.toMatchObject({ reason: 'RegistryUnavailable' });
    expect(authorizations.every((value) => value === undefined)).toBe(true);
    const registry = createRegistryClient({ insecureRegistries: [], clock: quick, log: silentLogger });
    const basic = await serve(({ headers }) => {
      authorizations.push(headers.authorization);
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
    });
    await expect(registry.open(basic, credentials('r.example')).ping(signal)).rejects.toMatchObject({
      reason: 'RegistryDenied',
    });
    expect(authorizations.every((value) => value === undefined)).toBe(true);
  });

  it('tries again when the registry stumbles, and not for ever', async () => {
    let calls = 0;
    const host = await serve(() => (++calls < 3 ? { status: 503 } : { status: 404 }));
    await expect(open(host).manifestDigest('a', 'x', signal)).resolves.toBeUndefined();
    calls = -10;
    await expect(open(host).manifestDigest('a', 'x', signal)).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
      message: `the registry ${host} answers 503`,
    });
    expect(calls).toBe(-7);
  });

  it.each<[string, Answer | undefined, object]>([
    [
      'refuses',
      { status: 403, body: '{"errors":[{"code":"DENIED","message":"no access"}]}' },
      { reason: 'RegistryDenied', message: expect.stringContaining('DENIED: no access') },
    ],
    [
      'shows some page of its own',
      { status: 403, body: '<html>internal secrets</html>' },
      { reason: 'RegistryDenied', message: expect.not.stringContaining('secrets') },
    ],
    ['answers a put with 404', { status: 404, body: '{}' }, { reason: 'RegistryUnavailable' }],
    [
      'has no room',
      {
        status: 500,
        body: '{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":{"Enclosed":{"Err":28}}}]}',
      },
      { reason: 'RegistryRefused', message: expect.stringMatching(/has no room for the image: no space left/) },
    ],
    ['has no room for anybody', { status: 507 }, { reason: 'RegistryRefused' }],
    ['hangs up', undefined, { reason: 'RegistryUnavailable' }],
  ])('tells what happened when the registry %s', async (_, answer, error) => {
    const host = await serve(() => answer);
    const manifest = { mediaType: 'application/json', body: Buffer.from('{}') };
    await expect(open(host).putManifest('a', 'x', manifest, signal)).rejects.toMatchObject(error);
  });

  it('has a limit for a registry that does not answer, and one for its token service', async () => {
    const silent = http.createServer(() => {});
    servers.push(silent);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const hanging = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const challenge = `Bearer realm="http://${hanging}/token"`;
    const leading = await serve(() => ({ status: 401, headers: { 'www-authenticate': challenge } }));
    for (const host of [hanging, leading]) {
      const options = { insecureRegistries: [hanging, leading], clock: quick, log: silentLogger, answerMs: 200 };
      await expect(createRegistryClient(options).open(host, undefined).ping(signal)).rejects.toMatchObject({
        reason: 'RegistryUnavailable',
        message: `the registry ${host} has not answered for 0.2 s`,
      });
    }
  });

  it('finds an image by its digest although the registry does not repeat it', async () => {
    const host = await serve(() => ({ status: 200 }));
    await expect(open(host).manifestDigest('a', digest, signal)).resolves.toBe(digest);
    await expect(open(host).manifestDigest('a', 'tag', signal)).resolves.toBeUndefined();
  });

  it('takes no digest that is none', async () => {
    const host = await serve(() => ({ status: 200, headers: { 'docker-content-digest': 'sha256:x, image: evil' } }));
    await expect(open(host).manifestDigest('a', 'x', signal)).rejects.toMatchObject({ reason: 'RegistryUnavailable' });
  });

  it('names the address that nobody answers at', async () => {
    const host = await serve(() => undefined);
    servers[0]?.close();
    await expect(open(host).ping(signal)).rejects.toMatchObject({ message: expect.stringContaining(host) });
  });

  it('ends when its push does', async () => {
    const push = new AbortController();
    const host = await serve(() => {
      push.abort(new Error('push ended'));
      return { status: 503 };
    });
    await expect(open(host).ping(push.signal)).rejects.toThrow('push ended');
  });
});

it.each([
  ['127.0.0.1:5000', true],
  ['localhost:5000', true],
  ['[::1]:5000', true],
  ['reg.local:5000', true],
  ['reg.local', false],
  ['127.0.0.1.evil.example', false],
  ['10.0.0.1:5000', false],
  ['docker.io', false],
])('plain HTTP to %s: %s', (host, insecure) => {
  expect(isInsecure(host, ['reg.local:5000'])).toBe(insecure);
});

it.each([
  ['Bearer realm="https://a/t?x=1",service="s, t"', 'bearer', { realm: 'https://a/t?x=1', service: 's, t' }],
  ['basic realm=x', 'basic', { realm: 'x' }],
  ['Bearer realm="a\\"b"', 'bearer', { realm: 'a"b' }],
  ['', '', {}],
])('reads the challenge %j', (text, scheme, parameters) => {
  const challenge = parseChallenge(text);
  expect({ scheme: challenge.scheme, parameters: Object.fromEntries(challenge.parameters) }).toEqual({
    scheme,
    parameters,
  });
});
