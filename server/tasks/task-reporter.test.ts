import { beforeEach, expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { silentLogger } from '../../base/log.ts';
import type { ServerEvent } from '../server-event.ts';
import { TaskReporter } from './task-reporter.ts';

const remote = { id: 'ns/app', uid: 'u1', namespace: 'ns', name: 'app' };
const of = { remote, deploy: 'd1', commit: 'c0ffee0123456789' };

let bus: Bus<ServerEvent>;
let said: unknown[];

beforeEach(() => {
  said = [];
  bus = new Bus<ServerEvent>(silentLogger);
  const status = {
    setTask: (_: string, { name, state, push }: { name: string; state: string; push: string }) =>
      said.push(`${push}: ${name} ${state}`),
    setDatabaseAhead: (_: string, ahead: unknown) => said.push(ahead),
  };
  const events = {
    record: (_: unknown, { reason, message }: { reason: string; message: string }) =>
      said.push(`${reason}: ${message}`),
  };
  new TaskReporter(status, events, { entry: () => remote as never }).subscribe(bus);
});

function finish(how: string): void {
  const release = { number: 2, commit: 'c1', record: { how } };
  const outcome = { kind: 'released', release, releases: [release] } as never;
  bus.emit({ kind: 'deployFinished', deploy: { id: 'd2', remote, branch: 'main', commit: 'c1', by: 'ada' }, outcome });
}

it('tasks are in the status with their deploy, and an undo is an Event, too', () => {
  bus.emit({ kind: 'taskChanged', of, task: { name: 'schema', stage: 'Migrate', state: 'Succeeded' } });
  bus.emit({ kind: 'taskChanged', of, task: { name: 'schema', stage: 'Migrate', state: 'Undone' } });
  expect(said).toEqual([
    'd1: schema Succeeded',
    'd1: schema Undone',
    'Undone: deploy d1: undo of task schema succeeded',
  ]);
});

it('what migrations have left is a condition and an Event, until a push is released', () => {
  bus.emit({ kind: 'migrationLeft', of, reason: 'NotUndone', message: 'task a has run' });
  bus.emit({ kind: 'migrationLeft', of, reason: 'UndoFailed', message: 'undo of task b failed' });
  const message = 'task a has run; undo of task b failed (deploy d1 of c0ffee0)';
  expect(said).toContain('UndoFailed: deploy d1: undo of task b failed');
  expect(said.at(-1)).toEqual({ status: 'True', reason: 'UndoFailed', message });
  const { length } = said;
  finish('rollback to releases/1');
  expect(said).toHaveLength(length);
  finish('push');
  expect(said.at(-1)).toBe('unreported');
});

it('another Remote of the same name has a status of its own', () => {
  const other = { ...of, remote: { ...remote, uid: 'u0' } };
  bus.emit({ kind: 'taskChanged', of: other, task: { name: 'unit', stage: 'Test', state: 'Running' } });
  expect(said).toEqual([]);
});
