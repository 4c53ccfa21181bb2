import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import type { RemoteChange, RemoteEntry } from '../../remote-crd/index.ts';
import type { ServerEvent } from '../server-event.ts';
import { keepLeft } from './database-ahead.ts';
import { syncDatabaseAhead } from './database-ahead-sync.ts';

const task = { name: 'a', stage: 'Migrate' };
const entry = (generation: number, tasks: readonly object[]) =>
  ({ id: 'ns/app', namespace: 'ns', name: 'app', uid: 'u1', generation, remote: { tasks } }) as unknown as RemoteEntry;

it('what migrations have left is in the status: at start, after a deploy, and when the tasks change', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-left-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  let releases: unknown[] = [];
  const repository = { folder, releases: async () => releases } as never;
  await keepLeft(repository, { task: 'a', reason: 'NotUndone', message: 'a has run', deploy: 'd1', commit: 'c1' });
  let change: (change: RemoteChange) => void = () => {};
  const shown: unknown[] = [];
  const bus = new Bus<ServerEvent>(silentLogger);
  const end = syncDatabaseAhead({
    remotes: {
      entries: () => [entry(1, [task])],
      onChange: (listener) => {
        change = listener;
        return () => {};
      },
    },
    repositories: { findOf: async () => repository },
    status: { setDatabaseAhead: (_, ahead) => void shown.push(ahead === 'unreported' ? ahead : ahead.message) },
    bus,
    clock: systemClock,
    log: silentLogger,
  });
  const left = 'a has run (deploy d1 of c1)';
  await expect.poll(() => shown).toEqual([left]);
  change({ id: 'ns/app', entry: entry(2, []) });
  await expect.poll(() => shown).toEqual([left, 'unreported']);
  change({ id: 'ns/app', entry: entry(3, [task]) });
  await expect.poll(() => shown).toEqual([left, 'unreported', left]);
  releases = [{ number: 1, record: { tasks: [{ ...task, state: 'Succeeded' }] } }];
  bus.emit({ kind: 'deployFinished', deploy: { remote: { uid: 'u1' } }, outcome: {} } as never);
  await expect.poll(() => shown).toEqual([left, 'unreported', left, 'unreported']);
  end();
});
