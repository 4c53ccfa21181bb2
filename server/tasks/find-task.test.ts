import { expect, it } from 'vitest';
import type { Task } from '../../remote-crd/index.ts';
import { findTask } from './find-task.ts';

const tasks = [{ name: 'unit' }, { name: 'migrate' }] as Task[];

it('a task is found by its name', () => {
  expect(findTask({ id: 'ns/app', tasks }, 'migrate')).toBe(tasks[1]);
});

it('one with an image of its own is refused: only a push builds it', () => {
  const unit = { name: 'unit', build: {} } as Task;
  expect(() => findTask({ id: 'ns/app', tasks: [unit] }, 'unit')).toThrow('task unit has an image of its own');
});

it('one that is not there is refused with the nearest one, and with all that there are', () => {
  expect(() => findTask({ id: 'ns/app', tasks }, 'migrat')).toThrow(
    expect.objectContaining({
      reason: 'UsageInvalid',
      message: 'ns/app has no task migrat',
      hint: ['did you mean migrate?', 'its tasks: unit, migrate'],
    }),
  );
  expect(() => findTask({ id: 'ns/app', tasks: [] }, 'unit')).toThrow('ns/app has no tasks');
});
