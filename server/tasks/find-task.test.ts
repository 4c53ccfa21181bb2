import { expect, it } from 'vitest';
import type { Task } from '../../remote-crd/index.ts';
import { findTask } from './find-task.ts';

const tasks = [{ name: 'unit' }, { name: 'migrate' }] as Task[];

it('a task is found by its name', () => {
  expect(findTask({ id: 'ns/app', tasks }, 'migrate', 'main')).toBe(tasks[1]);
});

it('one with an image of its own is refused: only a push builds it', () => {
  const unit = { name: 'unit', build: {} } as Task;
  expect(() => findTask({ id: 'ns/app', tasks: [unit] }, 'unit', 'live')).toThrow(
    expect.objectContaining({
      message: 'task unit has an image of its own, which only a push builds',
      hint: [expect.stringMatching(/git push -o skip-deploy \S+\/ns\/app HEAD:refs\/heads\/live$/)],
    }),
  );
});

it('one that is not there is refused with the nearest one, and with all that there are', () => {
  expect(() => findTask({ id: 'ns/app', tasks }, 'migrat', 'main')).toThrow(
    expect.objectContaining({
      reason: 'UsageInvalid',
      message: 'ns/app has no task migrat',
      hint: ['did you mean migrate?', 'its tasks: unit, migrate'],
    }),
  );
  expect(() => findTask({ id: 'ns/app', tasks: [] }, 'unit', 'main')).toThrow('ns/app has no tasks');
});
