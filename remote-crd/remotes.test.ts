import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { createKube, type Kube } from '../kube/index.ts';
import { FaultyApiServer } from '../test/support/faulty-api-server.ts';
import { sshKeys } from '../test/support/ssh-keys.ts';
import { type RemoteChange, Remotes } from './remotes.ts';

const soon = { timeout: 20_000, interval: 2 };
const ana = sshKeys.ed25519;
const ben = sshKeys.rsa;
const invalid = { deployments: 'www' };

let server: FaultyApiServer;
let remotes: Remotes;

beforeEach(async () => {
  server = await FaultyApiServer.start();
  const kube = createKube({ kubeconfig: server.kubeconfig, log: silentLogger, clock: systemClock });
  remotes = new Remotes({ kube, log: silentLogger });
});

afterEach(async () => {
  await remotes[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  await remotes.start(new AbortController().signal);
}

function keys(...some: { type: string; base64: string }[]) {
  return { authorizedKeys: some.map(({ type, base64 }) => `${type} ${base64}`) };
}

function whoMayPushWith({ fingerprint }: { fingerprint: string }): string[] {
  return remotes
    .byFingerprint(fingerprint)
    .map(({ id }) => id)
    .sort();
}

describe('Remotes', () => {
  it('know after start what is there, and follow changes of keys', async () => {
    server.put('www', keys(ana));
    server.put('api', keys(ana, ben));
    await start();
    expect(remotes.healthy).toBe(true);
    expect(whoMayPushWith(ana)).toEqual(['default/api', 'default/www']);
    server.put('api', keys(ben));
    await vi.waitFor(() => expect(whoMayPushWith(ana)).toEqual(['default/www']), soon);
    server.delete('www');
    await vi.waitFor(() => expect(whoMayPushWith(ana)).toEqual([]), soon);
    expect(whoMayPushWith(ben)).toEqual(['default/api']);
    expect(remotes.get('default/www')).toBeUndefined();
  });

  it('name a key as the first Remote by name does, not as the one that changed last', async () => {
    const named = (comment: string) => ({ authorizedKeys: [`${ana.type} ${ana.base64} ${comment}`] });
    server.put('www', named('as-in-www'));
    server.put('api', keys(ben));
    await start();
    server.put('api', named('as-in-api'));
    await vi.waitFor(() => expect(remotes.key(ana.fingerprint)?.comment).toBe('as-in-api'), soon);
    server.put('www', named('as-in-www-now'));
    const www = () => remotes.byFingerprint(ana.fingerprint)[1]?.keys[0]?.comment;
    await vi.waitFor(() => expect(www()).toBe('as-in-www-now'), soon);
    expect(remotes.key(ana.fingerprint)?.comment).toBe('as-in-api');
  });

  it('of several namespaces are as healthy as their worst watch, and count the restarts of all', async () => {
    const paths: string[] = [];
    const watches = [
      { healthy: true, restarts: 1 },
      { healthy: true, restarts: 2 },
    ];
    const kube = {
      watch: ({ path }: { path: string }) =>
        Object.assign(watches[paths.push(path) - 1] ?? {}, { synced: Promise.resolve() }),
    } as unknown as Pick<Kube, 'watch'>;
    const some = new Remotes({ kube, log: silentLogger, namespaces: ['a', 'b', 'a'] });
    expect(some).toMatchObject({ healthy: false, synced: false });
    await some.start(new AbortController().signal);
    expect(paths).toEqual(['a', 'b'].map((name) => `/apis/gitkube.sh/v1alpha1/namespaces/${name}/remotes`));
    expect(some).toMatchObject({ healthy: true, synced: true, watchRestarts: 3 });
    Object.assign(watches[1] ?? {}, { healthy: false });
    expect(some.healthy).toBe(false);
  });

  it('have the environments of a Remote beside it, which come, change and go with its spec', async () => {
    const target = (name: string) => ({ name, branch: name, deployments: [{ name, containers: [{ name: 'web' }] }] });
    const spec = (...names: string[]) => ({ ...keys(ana), environments: names.map(target) });
    const heard: [string, string][] = [];
    server.put('www', spec('qa', 'staging'));
    await start();
    remotes.onChange(({ id, entry, gone }) => heard.push([id, entry ? 'there' : `gone: ${gone?.environment}`]));
    const ids = () => remotes.entries().map(({ id }) => id);
    expect(ids()).toEqual(['default/www', 'default/www/qa', 'default/www/staging']);
    expect(remotes.get('default/www/qa')).toMatchObject({ environment: 'qa', branch: 'qa' });
    expect(remotes.environments('default/www')).toHaveLength(2);
    // A key has the Remote, not each of its environments.
    expect(whoMayPushWith(ana)).toEqual(['default/www']);
    server.put('www', spec('staging'));
    await vi.waitFor(() => expect(ids()).toEqual(['default/www', 'default/www/staging']), soon);
    expect(heard).toEqual([
      ['default/www', 'there'],
      ['default/www/qa', 'gone: qa'],
      ['default/www/staging', 'there'],
    ]);
    server.delete('www');
    await vi.waitFor(() => expect(ids()).toEqual([]), soon);
    expect(heard.slice(3)).toEqual([
      ['default/www', 'gone: '],
      ['default/www/staging', 'gone: staging'],
    ]);
  });

  it('keep the environments of a Remote that has become invalid, without what they deploy', async () => {
    const staging = { name: 'staging', branch: 'dev', deployments: [{ name: 'www', containers: [{ name: 'web' }] }] };
    server.put('www', { ...keys(ana), environments: [staging] });
    await start();
    server.put('www', { ...keys(ana), ...invalid, environments: [staging] });
    await vi.waitFor(() => expect(remotes.entry('default/www')?.error).toBeDefined(), soon);
    expect(remotes.entry('default/www/staging')).toMatchObject({
      remote: undefined,
      environment: 'staging',
      error: { reason: 'RemoteInvalid' },
    });
  });

  it('keep an invalid Remote with its error, and drop its keys', async () => {
    server.put('www', keys(ana));
    await start();
    server.put('www', { ...keys(ana), ...invalid });
    await vi.waitFor(() => expect(remotes.entry('default/www')?.error?.reason).toBe('RemoteInvalid'), soon);
    expect(whoMayPushWith(ana)).toEqual([]);
    expect(remotes.get('default/www')).toBeUndefined();
    expect(remotes.all()).toEqual([]);
    server.put('www', keys(ana));
    await vi.waitFor(() => expect(whoMayPushWith(ana)).toEqual(['default/www']), soon);
  });

  it('find the old name, unless it is the old name of two', async () => {
    server.put('a-b/c', keys(ana));
    server.put('x/y-z', keys(ana));
    await start();
    expect(remotes.byOldName('a-b-c')).toMatchObject({ id: 'a-b/c' });
    expect(remotes.byOldName('x-y-z')).toMatchObject({ id: 'x/y-z' });
    for (const name of ['a-b', 'abc', '-a-b-c', 'a-b-c-', '']) expect(remotes.byOldName(name)).toBeUndefined();
    server.put('a/b-c', keys(ben));
    await vi.waitFor(() => expect(remotes.byOldName('a-b-c')).toBe('ambiguous'), soon);
  });

  it('keep the old name of an invalid Remote from another one', async () => {
    server.put('a-b/c', invalid);
    server.put('a/b-c', keys(ana));
    await start();
    expect(remotes.byOldName('a-b-c')).toBe('ambiguous');
  });

  it('call every listener, also when one throws', async () => {
    const seen: RemoteChange[] = [];
    remotes.onChange(() => {
      throw new Error('listener');
    });
    const stop = remotes.onChange((change) => seen.push(change));
    server.put('www', keys(ana));
    await start();
    server.delete('www');
    await vi.waitFor(() => expect(seen).toHaveLength(2), soon);
    expect(seen[0]).toMatchObject({ id: 'default/www', entry: { remote: { name: 'www' } } });
    expect(seen[1]).toEqual({
      id: 'default/www',
      entry: undefined,
      gone: expect.objectContaining({ id: 'default/www' }),
    });
    stop();
    server.put('api');
    await vi.waitFor(() => expect(remotes.all()).toHaveLength(1), soon);
    expect(seen).toHaveLength(2);
  });
});
