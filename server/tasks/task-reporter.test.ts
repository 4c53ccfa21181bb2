import { beforeEach, expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { silentLogger } from '../../base/log.ts';
import type { ServerEvent } from '../server-event.ts';
import { TaskReporter } from './task-reporter.ts';

const remote = { id: 'ns/app', uid: 'u1', namespace: 'ns', name: 'app', environment: '' };
const of = { remote, deploy: 'd1', commit: 'c0ffee0123456789' };

let bus: Bus<ServerEvent>;
let said: string[];

beforeEach(() => {
  said = [];
  bus = new Bus<ServerEvent>(silentLogger);
  const status = {
    setTask: (_: string, { name, state, push }: { name: string; state: string; push: string }) =>
      void said.push(`${push}: ${name} ${state}`),
  };
  const events = {
    record: (_: unknown, { reason, message }: { reason: string; message: string }) =>
      void said.push(`${reason}: ${message}`),
  };
  new TaskReporter(status, events, { entry: () => remote as never }).subscribe(bus);
});

it('tasks are in the status with their deploy, and an undo is an Event, too', () => {
  bus.emit({ kind: 'taskChanged', of, task: { name: 'schema', stage: 'Migrate', state: 'Succeeded' } });
  bus.emit({ kind: 'taskChanged', of, task: { name: 'schema', stage: 'Migrate', state: 'Undone' } });
  expect(said).toEqual([
    'd1: schema Succeeded',
    'd1: schema Undone',
    'Undone: deploy d1: undo of task schema succeeded',
  ]);
});

it('what a migration has left is an Event with its deploy', () => {
  bus.emit({ kind: 'migrationLeft', of, task: 'a', reason: 'NotUndone', message: 'task a has run' });
  expect(said).toEqual(['NotUndone: deploy d1: task a has run']);
});

it('another Remote of the same name has a status of its own', () => {
  const other = { ...of, remote: { ...remote, uid: 'u0' } };
  bus.emit({ kind: 'taskChanged', of: other, task: { name: 'unit', stage: 'Test', state: 'Running' } });
  expect(said).toEqual([]);
});
