import { expect, it } from 'vitest';
import type { Task, TaskStage } from '../../remote-crd/index.ts';
import { plannedLines, planTasks, type TaskOccasion } from './plan.ts';

const task = (name: string, stage: TaskStage, more: Partial<Task> = {}) =>
  ({ name, stage, onlyIfChanged: [], onRollback: stage === 'Verify', ...more }) as Task;
const tasks = [
  task('unit', 'Test'),
  task('schema', 'Migrate', { onlyIfChanged: ['db'] }),
  task('seed', 'Migrate', { onRollback: true }),
  task('smoke', 'Verify'),
  task('slow', 'Verify', { onRollback: false }),
];
const push: TaskOccasion = { kind: 'push', skipDeploy: false, noTests: false, isUnchanged: async () => false };

it.each<[string, Partial<TaskOccasion>, string[]]>([
  ['a push runs all of them', {}, ['unit', 'schema', 'seed', 'smoke', 'slow']],
  ['a push that only builds runs its tests', { skipDeploy: true }, ['unit']],
  ['a rollback runs those that say so', { kind: 'rollback' }, ['seed', 'smoke']],
  ['what runs again is checked', { kind: 'again' }, ['smoke', 'slow']],
  ['a restart runs none', { kind: 'restart' }, []],
  ['the return of a release runs none', { kind: 'return' }, []],
])('%s', async (_, occasion, names) => {
  const planned = await planTasks({ tasks }, { ...push, ...occasion });
  expect(planned.map((one) => one.task.name)).toEqual(names);
});

it('a task is skipped when its files are those of the last release, and a test when nobody wants one', async () => {
  const isUnchanged = async ({ onlyIfChanged }: Task) => onlyIfChanged.includes('db');
  const planned = await planTasks({ tasks }, { ...push, noTests: true, isUnchanged });
  expect(plannedLines(planned)).toEqual([
    'task unit: would be skipped (Test): push option no-tests',
    'task schema: would be skipped (Migrate): db as in the last release',
    'task seed: would run (Migrate)',
    'task smoke: would run (Verify)',
    'task slow: would run (Verify)',
  ]);
});
