import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { WorkloadDifference } from '../../deployer/index.ts';
import { parseRemote, type RemoteChange, type RemoteEntry } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { environmentOf } from '../deploys/environment.ts';
import { PushQueue } from '../deploys/queue.ts';
import { MemoryConfigs } from '../env/testing/memory-configs.ts';
import type { Repository } from '../git/repository.ts';
import { noTasks } from '../tasks/testing/no-tasks.ts';
import type { Finding } from './finding.ts';
import { Reconciler } from './reconciler.ts';

const minute = 60_000;
const wanted = 'registry/www@sha256:1';
const drifted: WorkloadDifference = {
  kind: 'Deployment',
  name: 'www',
  container: 'www',
  wants: wanted,
  runs: 'other:1',
};

function remoteEntry(
  name: string,
  { reconcile = false, generation = 1, status = undefined as unknown } = {},
): RemoteEntry {
  const metadata = { namespace: 'default', name, uid: `uid of ${name}`, generation };
  const spec = { reconcile, deployments: [{ name: 'www', containers: [{ name: 'www' }] }] };
  const known = {
    ...metadata,
    environment: '',
    resourceVersion: '1',
    finalizers: [],
    deleting: false,
    id: `default/${name}`,
    status,
  };
  return { ...known, remote: parseRemote({ metadata, spec }), error: undefined };
}

/** A cluster whose workloads drift, and break, when a test says so. */
class Lab {
  readonly clock = new ManualClock();
  readonly queue = new PushQueue(16);
  readonly found: (Finding['kind'] | 'news')[] = [];
  readonly findings: Finding[] = [];
  entries: RemoteEntry[] = [];
  differences: WorkloadDifference[] = [];
  matching = async (): Promise<WorkloadDifference[]> => this.differences;
  deploying = async (): Promise<void> => {
    this.differences = [];
  };
  matches = 0;
  deploys = 0;
  notify: (change: RemoteChange) => void = () => {};
  readonly reconciler = new Reconciler({
    remotes: {
      entries: () => this.entries,
      entry: (id) => this.entries.find((entry) => entry.id === id),
      onChange: (listener) => {
        this.notify = listener;
        return () => {};
      },
    },
    repositories: { findOf: async () => repository },
    applier: { prune: async () => {}, restore: async () => [] },
    env: new MemoryConfigs().store(),
    tasks: noTasks,
    deployer: {
      matches: () => {
        this.matches++;
        return this.matching();
      },
      deploy: async () => {
        this.deploys++;
        await this.deploying();
        return [];
      },
      restore: async () => {},
      waitUntilRestored: async () => {},
    },
    queue: this.queue,
    events: {
      emit: ({ finding, isNew }) => {
        this.findings.push(finding);
        this.found.push(finding.kind, ...(isNew ? (['news'] as const) : []));
      },
    },
    intervalMs: 5 * minute,
    clock: this.clock,
    log: silentLogger,
    random: () => 0.5,
  });

  start(...entries: RemoteEntry[]): void {
    this.entries = entries;
    this.reconciler.start();
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    // Who has been looked at has a timer again.
    const idle = () => expect(this.clock.pending).toBe(this.entries.length);
    await turn();
    await vi.waitFor(idle, { interval: 1, timeout: 10_000 });
  }
}

const record = { branch: 'main', by: { key: 'ana' }, images: [{ deployment: 'www', container: 'www', image: wanted }] };
const release = { number: 3, commit: 'a'.repeat(40), record };
let history: object;
const repository = {
  path: '/nonexistent',
  folder: '/nonexistent',
  history: async () => history,
  sweepTurn: async () => {},
} as unknown as Repository;

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
  history = { releases: [release], unreadable: [], next: 4 };
});
afterEach(async () => {
  await lab.reconciler[Symbol.asyncDispose]();
  expect(lab.clock.pending).toBe(0);
});

it('a newest release that cannot be read, of a newer version for example, is not overwritten by the one before it', async () => {
  history = { releases: [release], unreadable: [{ number: 4, commit: 'b', why: 'kind' }], next: 5 };
  lab.differences = [drifted];
  lab.start(remoteEntry('www', { reconcile: true }));
  await lab.pass(15_000);
  expect(lab.findings).toMatchObject([{ kind: 'unknown', error: { reason: 'ReleaseUnreadable' } }]);
  expect(lab.deploys).toBe(0);
});

describe('the rounds', () => {
  it('spread many Remotes, eight at the same time', async () => {
    let atOnce = 0;
    let most = 0;
    lab.matching = async () => {
      most = Math.max(most, ++atOnce);
      await turn();
      atOnce--;
      return [];
    };
    lab.start(...Array.from({ length: 200 }, (_, index) => remoteEntry(`r${index}`)));
    await lab.pass(15_000);
    expect(lab.matches).toBe(200);
    expect(most).toBe(8);
    await lab.pass(5 * minute);
    expect(lab.matches).toBe(400);
  });

  it('look at each environment of a Remote', async () => {
    const whole = remoteEntry('a');
    const staging = { ...whole, id: 'default/a/staging', environment: 'staging' };
    lab.start(whole, staging);
    await lab.pass(15_000);
    expect(lab.matches).toBe(2);
    lab.reconciler.enqueue(environmentOf(staging));
    await lab.pass(1000);
    expect(lab.matches).toBe(3);
  });

  it('look soon after a push, once', async () => {
    lab.start(remoteEntry('a'));
    await lab.pass(15_000);
    for (const _ of [1, 2, 3]) lab.reconciler.enqueue(environmentOf(remoteEntry('a')));
    await lab.pass(1000);
    expect(lab.matches).toBe(2);
  });

  it('plan nothing after a push that ends after them', async () => {
    lab.start(remoteEntry('a'));
    await lab.pass(15_000);
    await lab.reconciler[Symbol.asyncDispose]();
    lab.reconciler.enqueue(environmentOf(remoteEntry('a')));
    expect(lab.clock.pending).toBe(0);
  });

  it('end although the API server does not answer', async () => {
    const asked = Promise.withResolvers<void>();
    lab.matching = () => new Promise(() => asked.resolve());
    lab.start(remoteEntry('a'));
    lab.clock.advance(15_000);
    await asked.promise;
    await lab.reconciler[Symbol.asyncDispose]();
    expect(lab.findings).toEqual([]);
  });

  it('look soon at a Remote that changed, not at one whose status did', async () => {
    lab.start(remoteEntry('a'));
    await lab.pass(15_000);
    lab.notify({ id: 'default/a', entry: remoteEntry('a') });
    await lab.pass(1000);
    expect(lab.matches).toBe(1);
    lab.entries = [remoteEntry('a', { generation: 2 })];
    lab.notify({ id: 'default/a', entry: lab.entries[0] });
    await lab.pass(1000);
    expect(lab.matches).toBe(2);
  });

  it('forget a Remote that is gone', async () => {
    lab.start(remoteEntry('a'));
    lab.notify({ id: 'default/a', entry: undefined });
    expect(lab.clock.pending).toBe(0);
  });

  it('go on after errors, which are reported as unknown', async () => {
    lab.matching = async () => {
      throw new GitkubeError('ClusterForbidden', 'gitkube may not get deployments');
    };
    lab.start(remoteEntry('a'));
    await lab.pass(15_000);
    await lab.pass(5 * minute);
    lab.matching = async () => [];
    await lab.pass(5 * minute);
    expect(lab.found).toEqual(['unknown', 'news', 'unknown', 'inSync', 'news']);
    expect(lab.findings[0]).toMatchObject({ error: { reason: 'ClusterForbidden' } });
  });
});

describe('drift', () => {
  it('is news once', async () => {
    lab.differences = [drifted];
    lab.start(remoteEntry('a'));
    for (const ms of [15_000, 5 * minute, 5 * minute]) await lab.pass(ms);
    expect(lab.found).toEqual(['drifted', 'news', 'drifted', 'drifted']);
    expect(lab.deploys).toBe(0);
  });

  it('that the status had before a restart is not reported again, and keeps its time', async () => {
    lab.differences = [drifted];
    const message =
      'not as in releases/3 since 2025-12-31T23:00:00Z: www/www wants registry/www@sha256:1, runs other:1';
    const condition = { type: 'InSync', status: 'False', reason: 'Drifted', message };
    const conditions = [{ ...condition, lastTransitionTime: '2025-12-31T23:00:00Z' }];
    lab.start(remoteEntry('a', { status: { conditions } }));
    await lab.pass(15_000);
    expect(lab.found).toEqual(['drifted']);
    expect(lab.findings[0]).toMatchObject({ drift: { since: Date.UTC(2025, 11, 31, 23) } });
  });

  it('of a container that another Remote also deploys is reported with the name of that Remote, and never reverted', async () => {
    lab.differences = [drifted];
    lab.start(remoteEntry('a', { reconcile: true }), remoteEntry('b', { reconcile: true }));
    for (const ms of [15_000, 5 * minute]) await lab.pass(ms);
    expect(lab.deploys).toBe(0);
    expect(new Set(lab.found)).toEqual(new Set(['drifted', 'news']));
    const rivals = lab.findings.map((finding) => 'drift' in finding && finding.drift.differences[0]?.rival);
    expect(new Set(rivals)).toEqual(new Set(['default/a', 'default/b']));
  });

  it('is not looked for while a push is under way', async () => {
    lab.differences = [drifted];
    const push = {
      branch: 'main',
      deploys: true,
      onWait: () => {},
      signal: new AbortController().signal,
    };
    const leave = await lab.queue.enter({ ...push, environment: environmentOf(remoteEntry('a')), label: 'push' });
    lab.start(remoteEntry('a'));
    await lab.pass(15_000);
    expect(lab.matches).toBe(0);
    leave();
    await lab.pass(5 * minute);
    expect(lab.found).toEqual(['drifted', 'news']);
  });

  it('is not the change of a push that came in between', async () => {
    const push = {
      branch: 'main',
      deploys: true,
      onWait: () => {},
      signal: new AbortController().signal,
    };
    lab.matching = async () => {
      await lab.queue.enter({ ...push, environment: environmentOf(remoteEntry('a')), label: 'push' });
      return [drifted];
    };
    lab.start(remoteEntry('a'));
    await lab.pass(15_000);
    expect(lab.matches).toBe(1);
    expect(lab.found).toEqual([]);
  });
});

describe('a repair', () => {
  beforeEach(() => {
    lab.differences = [drifted];
  });

  it('holds the place of the Remote, and is reported once', async () => {
    let busy = false;
    lab.deploying = async () => {
      busy = lab.queue.isBusy(environmentOf(remoteEntry('a')));
      lab.differences = [];
    };
    lab.start(remoteEntry('a', { reconcile: true }));
    await lab.pass(15_000);
    await lab.pass(5 * minute);
    expect(busy).toBe(true);
    expect(lab.queue.isBusy(environmentOf(remoteEntry('a')))).toBe(false);
    expect(lab.found).toEqual(['drifted', 'news', 'repaired', 'news', 'inSync']);
  });

  it('that fails is tried again after ten minutes, twenty, and so on to six hours', async () => {
    lab.deploying = async () => {
      throw new GitkubeError('ContainerCrashed', 'it crashes');
    };
    lab.start(remoteEntry('a', { reconcile: true }));
    const at: number[] = [];
    await lab.pass(15_000);
    for (let elapsed = 0; elapsed < 24 * 60; elapsed += 5) {
      const before = lab.deploys;
      await lab.pass(5 * minute);
      if (lab.deploys > before) at.push(elapsed);
    }
    expect(at[0]).toBeLessThanOrEqual(10);
    expect(at.length).toBeGreaterThan(4);
    expect(at.length).toBeLessThan(11);
    expect(new Set(lab.found)).toEqual(new Set(['drifted', 'news', 'repairFailed']));
    expect(lab.found.filter((kind) => kind === 'drifted')).toHaveLength(1);
  });

  it.each([
    ['back', -24],
    ['forward', 24],
  ])('that fails is tried again as late when somebody sets the clock %s by a day', async (_, hours) => {
    lab.deploying = async () => {
      throw new GitkubeError('ContainerCrashed', 'it crashes');
    };
    lab.start(remoteEntry('a', { reconcile: true }));
    await lab.pass(15_000);
    const tries = lab.deploys;
    expect(tries).toBe(1);
    lab.clock.setWall(hours * 60 * minute);
    await lab.pass(5 * minute);
    expect(lab.deploys).toBe(tries);
    await lab.pass(5 * minute);
    expect(lab.deploys).toBe(tries + 1);
  });

  it('that failed is tried again at once when something else runs, or the Remote changed', async () => {
    lab.deploying = async () => {
      throw new GitkubeError('ContainerCrashed', 'it crashes');
    };
    lab.start(remoteEntry('a', { reconcile: true }));
    await lab.pass(15_000);
    lab.differences = [{ ...drifted, runs: 'other:2' }];
    lab.reconciler.enqueue(environmentOf(remoteEntry('a')));
    await lab.pass(1000);
    expect(lab.deploys).toBe(2);
    lab.entries = [remoteEntry('a', { reconcile: true, generation: 2 })];
    lab.notify({ id: 'default/a', entry: lab.entries[0] });
    await lab.pass(1000);
    expect(lab.deploys).toBe(3);
  });

  it('does not try to restore what does not exist', async () => {
    lab.differences = [{ ...drifted, runs: null, missing: 'workload' }];
    lab.start(remoteEntry('a', { reconcile: true }));
    await lab.pass(15_000);
    expect(lab.deploys).toBe(0);
    expect(lab.found).toEqual(['drifted', 'news']);
  });
});
