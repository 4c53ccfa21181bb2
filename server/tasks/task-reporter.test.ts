import { beforeEach, expect, it } from 'vitest';
import { Bus } from '../../base/bus.ts';
import { silentLogger } from '../../base/log.ts';
import type { ServerEvent } from '../server-event.ts';
import { TaskReporter } from './task-reporter.ts';

const remote = { id: 'ns/app', uid: 'u1', namespace: 'ns', name: 'app' };
const of = { remote, deploy: 'd1', commit: 'c0ffee0123456789' };

let bus: Bus<ServerEvent>;
let said: unknown[];
let conditions: unknown[];
let gone: (change: { readonly id: string; readonly entry: undefined }) => void;

beforeEach(() => {
  [said, conditions] = [[], []];
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
  const remotes = {
    entry: () => ({ ...remote, status: { conditions } }) as never,
    onChange: (listener: (change: never) => void) => {
      gone = listener as typeof gone;
      return () => {};
    },
  };
  new TaskReporter(status, events, remotes).subscribe(bus);
});

/** A release whose record has these migrations. */
function finish(...migrated: readonly [name: string, state: 'Succeeded' | 'Skipped'][]): void {
  const tasks = migrated.map(([name, state]) => ({ name, stage: 'Migrate', state }));
  const release = { number: 2, commit: 'c1', record: { how: 'push', tasks } };
  const outcome = { kind: 'released', release, releases: [release] } as never;
  bus.emit({ kind: 'deployFinished', deploy: { id: 'd2', remote, branch: 'main', commit: 'c1', by: 'ada' }, outcome });
}

function leave(task: string, reason: 'NotUndone' | 'UndoFailed', message: string, deploy = 'd1'): void {
  bus.emit({ kind: 'migrationLeft', of: { ...of, deploy }, task, reason, message });
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

it('what migrations have left is a condition and an Event, each until a release has run it', () => {
  leave('a', 'NotUndone', 'task a has run');
  leave('b', 'UndoFailed', 'undo of task b failed', 'd2');
  const [a, b] = ['task a has run (deploy d1 of c0ffee0)', 'undo of task b failed (deploy d2 of c0ffee0)'];
  expect(said).toContain('UndoFailed: deploy d2: undo of task b failed');
  expect(said.at(-1)).toEqual({ status: 'True', reason: 'UndoFailed', message: `${a}; ${b}` });
  const { length } = said;
  finish(['a', 'Skipped']);
  expect(said).toHaveLength(length);
  finish(['b', 'Succeeded'], ['a', 'Skipped']);
  expect(said.at(-1)).toEqual({ status: 'True', reason: 'NotUndone', message: a });
  finish(['a', 'Succeeded']);
  expect(said.at(-1)).toBe('unreported');
});

it('what an earlier server has written of them stays, until a release has run those', () => {
  const message = 'task a has run (deploy d0 of c0ffee0); undo of task b failed: it is; over (deploy d0 of c0ffee0)';
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  conditions = [{ type: 'DatabaseAhead', status: 'True', reason: 'UndoFailed', message, lastTransitionTime }];
  leave('c', 'NotUndone', 'task c has run');
  expect(said.at(-1)).toMatchObject({ message: `${message}; task c has run (deploy d1 of c0ffee0)` });
  finish(['b', 'Succeeded'], ['c', 'Succeeded']);
  expect(said.at(-1)).toMatchObject({ message: 'task a has run (deploy d0 of c0ffee0)' });
});

it('what a Remote has left goes with it', () => {
  leave('a', 'NotUndone', 'task a has run');
  gone({ id: remote.id, entry: undefined });
  leave('b', 'NotUndone', 'task b has run');
  expect(said.at(-1)).toMatchObject({ message: 'task b has run (deploy d1 of c0ffee0)' });
});

it('another Remote of the same name has a status of its own', () => {
  const other = { ...of, remote: { ...remote, uid: 'u0' } };
  bus.emit({ kind: 'taskChanged', of: other, task: { name: 'unit', stage: 'Test', state: 'Running' } });
  expect(said).toEqual([]);
});
