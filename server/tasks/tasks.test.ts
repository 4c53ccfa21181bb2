import { expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Kube } from '../../kube/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Tasks } from './tasks.ts';

const events = { emit: () => {} };
/** A cluster in which a Job goes on for ever. */
const kube = {
  watch: () => ({ objects: new Map(), synced: new Promise(() => {}), [Symbol.asyncDispose]: async () => {} }),
  listEvents: async () => [],
} as unknown as Kube;

function makeTasks(clock: ManualClock, stopWaiting: AbortSignal): Tasks {
  const repositories = { findOf: async () => undefined };
  return new Tasks({ kube, enabled: true, events, repositories, clock, log: silentLogger, stopWaiting });
}

const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
const ref = { namespace: 'ns', name: 'gk-schema' };
const migration = { name: 'schema', namespace: 'ns', job: ref.name, workload };
const job = { metadata: { uid: 'j1' }, spec: { activeDeadlineSeconds: 600, template: {} } };

it('a migration of a deploy that was cut off is waited for, which is said every ten seconds', async () => {
  const [clock, stop] = [new ManualClock(), new AbortController()];
  const tasks = makeTasks(clock, stop.signal);
  const said: string[] = [];
  const waiting = tasks.await(migration, ref, job, { say: (line) => said.push(line), print: () => {} });
  for (const seconds of [10, 20]) {
    await vi.waitFor(() => expect(clock.delays.filter((ms) => ms === 10_000)).toHaveLength(seconds / 10));
    clock.advance(10_000);
    await vi.waitFor(() => expect(said.at(-1)).toBe(`waiting for the end of task schema, for ${seconds} s so far`));
  }
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ reason: 'RestoreUnfinished' });
});

it('a deploy that is cancelled stops waiting for it, and it goes on', async () => {
  const cancel = new AbortController();
  const tasks = makeTasks(new ManualClock(), new AbortController().signal);
  const waiting = tasks.await(migration, ref, job, { say: () => {}, signal: cancel.signal });
  const reason = new GitkubeError('Cancelled', 'by ada');
  cancel.abort(reason);
  // It deletes no Job: this cluster has no such call.
  await expect(waiting).rejects.toBe(reason);
});
