import http from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import { type Answer, AnsweringServers } from '../../test/support/answering.ts';
import { credentialsOf, openRegistry, quickClock } from '../../test/support/quick-registry.ts';
import { createRegistryClient } from './client.ts';

// What a real registry does is tested with a real one, in test/e2e/builder.test.ts; here are the faults.
const digest = `sha256:${'0'.repeat(64)}`;
const { signal } = new AbortController();
const servers = new AnsweringServers();
afterEach(() => servers.close());

describe('RegistryClient', () => {
  it('sends no password before it is asked, none to another host, and follows no redirect', async () => {
    const authorizations: unknown[] = [];
    const other = await servers.serve(({ headers }) => {
      authorizations.push(headers.authorization);
      return { status: 200 };
    });
    const host = await servers.serve(({ headers }) => {
      authorizations.push(headers.authorization);
      return { status: 307, headers: { location: `http://${other}/v2/` } };
    });
    await expect(openRegistry(host).ping(signal)).rejects.toMatchObject({ reason: 'RegistryUnavailable' });
    expect(authorizations.every((value) => value === undefined)).toBe(true);
    const registry = createRegistryClient({ insecureRegistries: [], clock: quickClock, log: silentLogger });
    const basic = await servers.serve(({ headers }) => {
      authorizations.push(headers.authorization);
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
    });
    await expect(registry.open(basic, credentialsOf('r.example')).ping(signal)).rejects.toMatchObject({
      reason: 'RegistryDenied',
    });
    expect(authorizations.every((value) => value === undefined)).toBe(true);
  });

  it('retries failures of the registry, and not for ever', async () => {
    let calls = 0;
    const host = await servers.serve(() => (++calls < 3 ? { status: 503 } : { status: 404 }));
    await expect(openRegistry(host).manifestDigest('a', 'x', signal)).resolves.toBeUndefined();
    calls = -10;
    await expect(openRegistry(host).manifestDigest('a', 'x', signal)).rejects.toMatchObject({
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
      'has no space',
      {
        status: 500,
        body: '{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":{"Enclosed":{"Err":28}}}]}',
      },
      { reason: 'RegistryRefused', message: expect.stringMatching(/has no space for the image: no space left/) },
    ],
    ['has no room for anybody', { status: 507 }, { reason: 'RegistryRefused' }],
    ['hangs up', undefined, { reason: 'RegistryUnavailable' }],
  ])('says what happened when the registry %s', async (_, answer, error) => {
    const host = await servers.serve(() => answer);
    const manifest = { mediaType: 'application/json', body: Buffer.from('{}') };
    await expect(openRegistry(host).putManifest('a', 'x', manifest, signal)).rejects.toMatchObject(error);
  });

  it('has a limit for a registry that does not answer, and one for its token service', async () => {
    const silent = http.createServer(() => {});
    const hanging = await servers.listen(silent);
    const challenge = `Bearer realm="http://${hanging}/token"`;
    const leading = await servers.serve(() => ({ status: 401, headers: { 'www-authenticate': challenge } }));
    for (const host of [hanging, leading]) {
      const options = { insecureRegistries: [hanging, leading], clock: quickClock, log: silentLogger, answerMs: 200 };
      await expect(createRegistryClient(options).open(host, undefined).ping(signal)).rejects.toMatchObject({
        reason: 'RegistryUnavailable',
        message: `the registry ${host} has not answered for 0.2 s`,
      });
    }
  });

  it('finds an image by its digest although the registry does not repeat it', async () => {
    const host = await servers.serve(() => ({ status: 200 }));
    await expect(openRegistry(host).manifestDigest('a', digest, signal)).resolves.toBe(digest);
    await expect(openRegistry(host).manifestDigest('a', 'tag', signal)).resolves.toBeUndefined();
  });

  it('refuses a malformed digest', async () => {
    const host = await servers.serve(() => ({
      status: 200,
      headers: { 'docker-content-digest': 'sha256:x, image: evil' },
    }));
    await expect(openRegistry(host).manifestDigest('a', 'x', signal)).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
    });
  });

  it('names the address that does not answer', async () => {
    const host = await servers.serve(() => undefined);
    servers.close();
    await expect(openRegistry(host).ping(signal)).rejects.toMatchObject({ message: expect.stringContaining(host) });
  });

  it('ends when its push does', async () => {
    const push = new AbortController();
    const host = await servers.serve(() => {
      push.abort(new Error('push ended'));
      return { status: 503 };
    });
    await expect(openRegistry(host).ping(push.signal)).rejects.toThrow('push ended');
  });
});
