import { describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import { TaskCutOff, TaskFailure } from '../tasks/task-failure.ts';
import { typeCommand } from './testing/type-command.ts';

const ran: DeployOutcome = { kind: 'ran', task: 'unit' };

/** Runs a command line of a key that may deploy to one Remote. */
async function run(line: string, outcome: DeployOutcome = ran) {
  const asked: unknown[][] = [];
  const deploy = async (name: unknown, { kind }: { kind: string }, wish: unknown) => {
    asked.push([name, kind, wish]);
    const until = async function* () {
      yield 'Task unit (Test)\n  unit: 12 passing\n';
    };
    return { outcome: Promise.resolve(outcome), until, leave: vi.fn() };
  };
  return { asked, ...(await typeCommand(line, { control: { deploy } })) };
}

describe('task', () => {
  it.each([
    ['task unit', undefined],
    ['task ns/app unit', { namespace: 'ns', name: 'app' }],
  ])('%s runs one, and prints what it prints', async (line, name) => {
    const { asked, out, code } = await run(line);
    expect(asked).toEqual([[name, 'task', { name: 'unit' }]]);
    expect(out).toContain('unit: 12 passing\n');
    expect(code).toBe(0);
  });

  it.each([
    [new TaskFailure('TaskFailed', 'x', { exitCode: 7 }, {}), 7],
    [new TaskFailure('TaskFailed', 'x', { exitCode: undefined }, {}), 1],
    [new TaskFailure('TaskTimeout', 'x', { exitCode: 0 }, {}), 124],
    [new TaskCutOff('Cancelled', 'x'), 1],
    [new GitkubeError('RollbackFailed', 'of the deploy before it'), 125],
    [new GitkubeError('Locked', 'x'), 125],
  ])('ends with the exit code of its command, or with one of its own: %o', async (error, code) => {
    expect((await run('task unit', { kind: 'failed', error })).code).toBe(code);
  });

  it.each([
    ['task', 'task needs the name of a task'],
    ['task ns/app', 'task needs the name of a task'],
    ['task NS/app unit', 'NS/app is not <namespace>/<remote>[/<environment>]'],
    ['task ns/app unit more', 'task takes no argument more'],
  ])('%s is refused, and asks for nothing', async (line, message) => {
    const { asked, err, code } = await run(line);
    expect(err).toContain(`gitkube: ${message}`);
    expect([asked, code]).toEqual([[], 125]);
  });
});
