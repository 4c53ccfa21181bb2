import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { createKube } from '../kube/index.ts';
import { FaultyApiServer } from '../test/support/faulty-api-server.ts';
import { sshKeys } from '../test/support/ssh-keys.ts';
import type { Ownership, Refusal } from './ownership.ts';
import { type RemoteChange, Remotes } from './remotes.ts';

const { type, base64, fingerprint } = sshKeys.ed25519;
const valid = { authorizedKeys: [`${type} ${base64}`] };
const theirs: Refusal = { holder: 'other', error: new GitkubeError('ServedElsewhere', 'another Gitkube serves it') };

/** Namespaces that another server serves, until a test says otherwise. */
class Others implements Ownership {
  readonly namespaces = new Set<string>();
  readonly needed = new Set<string>();
  #listener: (namespace: string) => void = () => {};

  need(namespace: string, needed: boolean): void {
    if (needed) this.needed.add(namespace);
    else this.needed.delete(namespace);
  }
  refusal = (namespace: string) => (this.namespaces.has(namespace) ? theirs : undefined);
  tried = async () => {};
  onChange(listener: (namespace: string) => void) {
    this.#listener = listener;
    return () => {};
  }
  take(namespace: string): void {
    this.namespaces.add(namespace);
    this.#listener(namespace);
  }
  give(namespace: string): void {
    this.namespaces.delete(namespace);
    this.#listener(namespace);
  }
}

let server: FaultyApiServer;
let others: Others;
let remotes: Remotes;
let changes: RemoteChange[];

beforeEach(async () => {
  server = await FaultyApiServer.start();
  others = new Others();
  const kube = createKube({ kubeconfig: server.kubeconfig, log: silentLogger, clock: systemClock });
  remotes = new Remotes({ kube, log: silentLogger, ownership: others });
  changes = [];
});

afterEach(async () => {
  await remotes[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  await remotes.start(new AbortController().signal);
  remotes.onChange((change) => changes.push(change));
}

describe('a Remote that another server serves', () => {
  it('takes no push here, although its key is known', async () => {
    server.put('team-a/www', valid);
    server.put('team-b/www', valid);
    others.namespaces.add('team-a');
    await start();
    expect(remotes.get('team-a/www')).toBeUndefined();
    expect(remotes.all().map(({ id }) => id)).toEqual(['team-b/www']);
    expect(remotes.byFingerprint(fingerprint).map(({ id }) => id)).toEqual(['team-b/www']);
    expect(remotes.key(fingerprint)).toMatchObject({ fingerprint });
    expect(remotes.elsewhere(fingerprint)).toMatchObject([{ id: 'team-a/www', error: theirs.error }]);
    expect(remotes.entry('team-a/www')).toMatchObject({
      remote: undefined,
      error: theirs.error,
      elsewhere: { holder: 'other', remote: { id: 'team-a/www' } },
    });
  });

  it('becomes ours with its namespace, and is no longer when that is taken, and listeners hear both', async () => {
    server.put('team-a/www', valid);
    server.put('team-a/bad', { deployments: 'www' });
    others.namespaces.add('team-a');
    await start();
    others.give('team-a');
    expect(remotes.get('team-a/www')).toMatchObject({ id: 'team-a/www' });
    expect(remotes.entry('team-a/bad')).toMatchObject({ error: { reason: 'RemoteInvalid' } });
    expect(changes.map(({ id, entry }) => [id, entry?.elsewhere]).sort()).toEqual([
      ['team-a/bad', undefined],
      ['team-a/www', undefined],
    ]);
    others.take('team-a');
    expect(remotes.get('team-a/www')).toBeUndefined();
    expect(changes.at(-1)?.entry?.elsewhere).toMatchObject(theirs);
  });
});

it('a namespace is needed from its first Remote to its last one', async () => {
  server.put('team-a/one', valid);
  await start();
  server.put('team-a/two', valid);
  await vi.waitFor(() => expect(remotes.entry('team-a/two')).toBeDefined());
  server.delete('team-a/one');
  await vi.waitFor(() => expect(remotes.entry('team-a/one')).toBeUndefined());
  expect([...others.needed]).toEqual(['team-a']);
  server.delete('team-a/two');
  await vi.waitFor(() => expect(remotes.entry('team-a/two')).toBeUndefined());
  expect([...others.needed]).toEqual([]);
});
