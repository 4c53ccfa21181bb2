import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../base/errors.ts';
import { createLogger } from '../base/log.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import type { RemoteEntry } from './remote-entry.ts';
import type { RemoteChange } from './remotes.ts';
import { StatusWriter } from './status-writer.ts';

const release = { number: 1, commit: 'a'.repeat(40), by: 'ana', at: '2026-05-01T11:00:00Z' };
const push = { id: 'p1', result: 'Failed', reason: 'BuildFailed', message: 'it broke' } as const;
type Status = Record<string, unknown>;

/**
 * The status subresource and its watch, slow or failing on demand: an API server is neither when a test needs it.
 * Merge patches are applied as RFC 7396 says, as far as a status needs.
 */
class StatusStore {
  readonly patches: Status[] = [];
  failures: GitkubeError[] = [];
  /** Writes wait for this, and are seen by the watch at once or when `echo` is called. */
  gate: Promise<void> = Promise.resolve();
  echoes = true;
  #listener: (change: RemoteChange) => void = () => {};
  #entry: RemoteEntry | undefined = {
    id: 'default/www',
    namespace: 'default',
    name: 'www',
    environment: '',
    uid: 'u',
    generation: 1,
    resourceVersion: '1',
    finalizers: [],
    deleting: false,
    remote: undefined,
    error: new GitkubeError('RemoteInvalid', 'spec.branch is 7'),
    status: undefined,
  };
  #stored: Status = {};
  #version = 1;
  readonly #unseen: Partial<RemoteEntry>[] = [];

  /** Whether it has an environment. */
  staging = false;

  entry = (id: string) => (id === 'default/www' ? this.#entry : this.environments().find((one) => one.id === id));
  environments = (): RemoteEntry[] =>
    this.staging && this.#entry ? [{ ...this.#entry, id: 'default/www/staging', environment: 'staging' }] : [];
  entries = () => (this.#entry ? [this.#entry] : []);
  onChange = (listener: (change: RemoteChange) => void) => {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
    };
  };

  patchRemoteStatus = async (_namespace: string, _name: string, patch: object) => {
    await this.gate;
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.patches.push(patch as Status);
    const merged = Object.entries({ ...this.#stored, ...patch }).filter(([, value]) => value !== null);
    this.#stored = Object.fromEntries(merged);
    const resourceVersion = String(++this.#version);
    if (this.echoes) this.#see({ status: this.#stored, resourceVersion });
    else this.#unseen.push({ status: this.#stored, resourceVersion });
    return resourceVersion;
  };

  /** The watch shows what was written, one version after the other. */
  echo(): void {
    for (const change of this.#unseen.splice(0)) this.#see(change);
  }

  /** Somebody else writes, and the watch shows it. */
  write(change: Partial<RemoteEntry>): void {
    this.#see({ ...change, resourceVersion: String(++this.#version) });
  }

  #see(change: Partial<RemoteEntry>): void {
    if (!this.#entry) return;
    this.#entry = { ...this.#entry, ...change };
    this.#listener({ id: 'default/www', entry: this.#entry });
  }

  remove(): void {
    const gone = this.#entry;
    this.#entry = undefined;
    this.#listener({ id: 'default/www', entry: undefined, gone });
  }

  get status(): Status {
    return this.#stored;
  }
}

let store: StatusStore;
let clock: ManualClock;
let writer: StatusWriter;
let reported: Record<string, unknown>[];

beforeEach(() => {
  store = new StatusStore();
  reported = [];
  clock = new ManualClock({ now: Date.UTC(2026, 4, 1, 12) });
  writer = new StatusWriter({
    kube: store,
    remotes: store,
    clock,
    log: createLogger('info', { write: (line: string) => reported.push(JSON.parse(line)) }),
    remoteUrl: ({ namespace, name }) => ({ url: `ssh://git@host/${namespace}/${name}`, description: '' }),
    hasDefaultRegistry: true,
    random: () => 0.5,
  });
});

afterEach(async () => {
  await writer[Symbol.asyncDispose]();
  expect(clock.pending).toBe(0);
});

async function start(): Promise<void> {
  writer.start(new AbortController().signal);
  await writer.flush();
}

describe('the status writer', () => {
  it('gives a Remote a status when it starts, and does not write an equal one again', async () => {
    await start();
    expect(store.status).toMatchObject({ remoteUrl: 'ssh://git@host/default/www', observedGeneration: 1 });
    store.write({ status: store.status });
    await writer.flush();
    expect(store.patches).toHaveLength(1);
  });

  it('writes facts that come during a write together after it', async () => {
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    writer.start(new AbortController().signal);
    writer.setPushing('default/www', { id: 'p1', commit: 'b'.repeat(40), by: 'ana' });
    writer.setReleases('default/www', { branch: 'main', releases: [release] });
    writer.setOutcome('default/www', push);
    gate.resolve();
    await writer.flush();
    expect(store.patches).toHaveLength(2);
    expect(store.status).toMatchObject({
      branch: 'main',
      release: 1,
      lastPush: { id: 'p1', at: '2026-05-01T12:00:00Z' },
    });
    expect(JSON.stringify(store.status)).not.toContain('Reconciling');
  });

  it('writes facts about an environment beside those about the Remote itself', async () => {
    store.staging = true;
    await start();
    writer.setReleases('default/www', { branch: 'main', releases: [release] });
    writer.setReleases('default/www/staging', { branch: 'develop', releases: [{ ...release, number: 7 }] });
    writer.setOutcome('default/www/staging', push);
    expect(await writer.written('default/www/staging')).toBe(true);
    expect(store.status).toMatchObject({
      release: 1,
      environments: [{ name: 'staging', branch: 'develop', release: 7, lastPush: { id: 'p1' } }],
    });
    expect(store.status).not.toHaveProperty('lastPush');
  });

  it('reports when all facts about a Remote are written, however often that fails, and when it ends before', async () => {
    await start();
    expect(await writer.written('default/www')).toBe(true);
    store.failures = [new GitkubeError('ClusterUnavailable', 'gone'), new GitkubeError('ClusterUnavailable', 'gone')];
    writer.setOutcome('default/www', push);
    let isWritten: boolean | undefined;
    const written = writer.written('default/www').then((is) => {
      isWritten = is;
    });
    for (let failure = 0; failure < 2; failure++) {
      await writer.flush();
      expect([isWritten, store.status.lastPush]).toEqual([undefined, undefined]);
      clock.advance(60_000);
      await new Promise(setImmediate);
    }
    await written;
    expect(isWritten).toBe(true);
    expect(store.status.lastPush).toMatchObject({ id: 'p1' });
    store.failures = [new GitkubeError('ClusterUnavailable', 'gone')];
    writer.setOutcome('default/www', { ...push, id: 'p2' });
    const never = writer.written('default/www');
    await writer.end();
    expect([await never, await writer.written('default/www')]).toEqual([false, false]);
  });

  it('does not wait for the status of a Remote that is gone', async () => {
    await start();
    store.failures = [new GitkubeError('ClusterUnavailable', 'gone')];
    writer.setOutcome('default/www', push);
    const written = writer.written('default/www');
    store.remove();
    expect([await written, await writer.written('default/www')]).toEqual([true, true]);
  });

  it('does not repeat a write that the watch has not shown yet', async () => {
    store.echoes = false;
    await start();
    writer.setPushing('default/www', undefined);
    await writer.flush();
    expect(store.patches).toHaveLength(1);
    store.echo();
    await writer.flush();
    expect(store.patches).toHaveLength(1);
  });

  it('recognizes its own writes, however late and in how many steps the watch shows them', async () => {
    store.echoes = false;
    await start();
    for (const id of ['p1', 'p2', 'p3']) {
      writer.setPushing('default/www', { id, commit: 'b'.repeat(40), by: 'ana' });
      await writer.flush();
    }
    const { patches } = store;
    expect(patches).toHaveLength(4);
    store.echo();
    await writer.flush();
    writer.lookAgain();
    await writer.flush();
    expect(patches).toHaveLength(4);
    expect(reported).toEqual([]);
  });

  it('corrects what somebody else wrote, and removes what does not belong there', async () => {
    await start();
    store.write({ status: { ...store.status, remoteUrl: 'ssh://evil', leftover: 1 } });
    await writer.flush();
    expect(store.patches[1]).toMatchObject({ remoteUrl: 'ssh://git@host/default/www', leftover: null });
  });

  it.each([
    ['another address', () => ({ remoteUrl: 'ssh://other' })],
    // Then the time since when a condition holds is another one with each write.
    ['other conditions', () => ({ conditions: [] })],
  ])('corrects the status of another server that writes %s more and more slowly', async (_, theirs) => {
    await start();
    const since = store.status.conditions;
    const other = () => store.write({ status: { ...store.status, ...theirs() } });
    const at: number[] = [];
    for (let second = 0; second < 120; second++) {
      const before = store.patches.length;
      other();
      await writer.flush();
      clock.advance(1000);
      await new Promise(setImmediate);
      await writer.flush();
      if (store.patches.length > before) at.push(second);
    }
    expect(at.length).toBeGreaterThan(3);
    expect(at.length).toBeLessThan(10);
    expect(store.status.conditions).toEqual(since);
    expect(reported).toEqual([
      expect.objectContaining({ remote: 'default/www', msg: expect.stringContaining('an older version of Gitkube') }),
    ]);
    clock.advance(600_000);
    const before = store.patches.length;
    other();
    await writer.flush();
    expect(store.patches.length).toBe(before + 1);
  });

  it('leaves the times that another server of the same opinion gave', async () => {
    await start();
    const { conditions = [] } = store.status as { conditions?: Status[] };
    const later = conditions.map((condition) => ({ ...condition, lastTransitionTime: '2026-05-01T12:00:09Z' }));
    store.write({ status: { ...store.status, conditions: later } });
    await writer.flush();
    expect(store.patches).toHaveLength(1);
  });

  it('carries over what another server knows', async () => {
    await start();
    store.write({
      status: { ...store.status, remoteUrl: 'ssh://other', branch: 'main', release: 1, releases: [release] },
    });
    await writer.flush();
    expect(store.status).toMatchObject({ remoteUrl: 'ssh://git@host/default/www' });
    expect(store.patches[1]).toMatchObject({ branch: 'main', releases: [release] });
  });

  it('removes what is over', async () => {
    await start();
    writer.setReleases('default/www', { releases: [release] });
    await writer.flush();
    writer.setReleases('default/www', { releases: [] });
    await writer.flush();
    expect(store.status).not.toHaveProperty('releases');
    expect(store.status).not.toHaveProperty('release');
  });

  it('tries again after a failure, more and more slowly', async () => {
    const failure = new GitkubeError('ClusterUnavailable', 'down');
    store.failures = [failure, failure, failure];
    await start();
    for (const ms of [375, 750, 1500]) {
      expect(clock.delays.at(-1)).toBe(ms);
      clock.advance(ms);
      await vi.waitFor(() => expect(clock.pending === 1 || store.patches.length === 1).toBe(true), {
        timeout: 20_000,
      });
    }
    expect(store.patches).toHaveLength(1);
  });

  it('forgets a Remote that is gone', async () => {
    store.failures = [new GitkubeError('ClusterUnavailable', 'down')];
    await start();
    store.remove();
    clock.advance(60_000);
    writer.setOutcome('default/www', push);
    await writer.flush();
    expect(store.patches).toEqual([]);
  });

  it('cuts outcomes: no control characters, no endless text', async () => {
    await start();
    writer.setOutcome('default/www', { ...push, message: `a\u001b[2Jb\u0007${'x'.repeat(5000)}` });
    await writer.flush();
    const { message } = store.status.lastPush as { message: string };
    expect(message).toMatch(/^ab\ufffdx+…$/);
    expect(message).toHaveLength(1000);
  });

  it('writes what is known when it is closed', async () => {
    await start();
    writer.setOutcome('default/www', push);
    await writer[Symbol.asyncDispose]();
    expect(store.status).toMatchObject({ lastPush: { id: 'p1' } });
  });

  it('does not delay a shutdown: what is not written by then is dropped', async () => {
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    writer.start(new AbortController().signal);
    const over = new AbortController();
    const ended = writer.end(over.signal);
    over.abort();
    await ended;
    expect(reported).toEqual([expect.objectContaining({ statuses: 1 })]);
    gate.resolve();
  });
});
