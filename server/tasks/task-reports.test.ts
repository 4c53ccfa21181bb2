import { expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { TaskReports } from './task-reports.ts';

it('an undo that is tried again says what it came to once', () => {
  const said: string[] = [];
  const reports = new TaskReports({ emit: (event) => void said.push(event.kind) }, new ManualClock());
  const of = { namespace: 'ns', name: 'app', uid: 'u1', deploy: 'd1', commit: 'c1' };
  const workload = { kind: 'Deployment', name: 'www', container: 'www' } as const;
  const migration = { name: 'schema', namespace: 'ns', job: 'gk-schema', workload, of };
  for (const deploy of ['d1', 'd1', 'd2']) {
    const one = { ...migration, of: { ...of, deploy } };
    reports.undone(one, 'UndoFailed', 'no such column');
    reports.left(one, 'UndoFailed', 'no such column');
  }
  expect(said).toEqual(['taskChanged', 'migrationLeft', 'taskChanged', 'migrationLeft']);
});
