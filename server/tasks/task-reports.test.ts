import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { readLeft } from './left-note.ts';
import { TaskReports } from './task-reports.ts';

it('an undo that is tried again says what it came to once, and what is left is kept', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-left-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const said: string[] = [];
  const repository = { folder, releases: async () => [{ number: 4 }] };
  const reports = new TaskReports({
    events: { emit: ({ kind }) => void said.push(kind) },
    repositories: { findOf: async () => repository as never },
    clock: new ManualClock(),
  });
  const of = { namespace: 'ns', name: 'app', uid: 'u1', deploy: 'd1', commit: 'c1' };
  const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
  const migration = { name: 'schema', namespace: 'ns', job: 'gk-schema', workload, of };
  for (const deploy of ['d1', 'd1', 'd2']) {
    const one = { ...migration, of: { ...of, deploy } };
    reports.undone(one, 'UndoFailed', 'no such column');
    await reports.left(one, 'UndoFailed', 'no such column');
  }
  expect(said).toEqual(['taskChanged', 'migrationLeft', 'taskChanged', 'migrationLeft']);
  const kept = {
    task: 'schema',
    reason: 'UndoFailed',
    message: 'no such column',
    deploy: 'd2',
    commit: 'c1',
    after: 4,
  };
  expect(await readLeft(folder)).toEqual([kept]);
});
