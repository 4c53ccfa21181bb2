import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import { typeCommand } from './testing/type-command.ts';

const released = { kind: 'released' } as DeployOutcome;

/** Runs a command line of a key that may roll back one Remote. */
async function run(line: string, outcome: DeployOutcome = released, lineEnd = '\n') {
  const asked: unknown[][] = [];
  const deploy = async (name: unknown, { kind }: { kind: string }, wish: unknown) => {
    asked.push([name, kind, wish]);
    const until = async function* () {
      yield 'Gitkube: ns/app\nRollback to releases/6\n';
    };
    return { outcome: Promise.resolve(outcome), until };
  };
  return { asked, ...(await typeCommand(line, { control: { deploy } }, lineEnd)) };
}

const app = { namespace: 'ns', name: 'app' };

describe('rollback', () => {
  it.each([
    ['rollback', undefined, undefined, false],
    ['rollback ns/app', app, undefined, false],
    ['rollback 6', undefined, 6, false],
    ['rollback releases/6', undefined, 6, false],
    ['rollback ns/app releases/6 --dry-run', app, 6, true],
  ])('%s asks for a deploy, and prints what that says', async (line, name, number, dryRun) => {
    const { asked, out, code } = await run(line);
    expect(asked).toEqual([[name, 'rollback', { number, dryRun }]]);
    expect(out).toBe('Gitkube: ns/app\nRollback to releases/6\n');
    expect(code).toBe(0);
  });

  it.each([
    [{ kind: 'checked' }, 0],
    [{ kind: 'unchanged' }, 0],
    [{ kind: 'failed', error: new GitkubeError('ContainerCrashed', 'x') }, 1],
  ] as const)('that comes to %o ends with its exit code', async (outcome, code) => {
    expect((await run('rollback', outcome)).code).toBe(code);
  });

  it('ends its lines as a terminal wants', async () => {
    expect((await run('rollback', released, '\r\n')).out).toBe('Gitkube: ns/app\r\nRollback to releases/6\r\n');
  });

  it.each([
    ['rollback --force', 'rollback has no option --force'],
    ['rollback last', 'last is not the number of a release'],
    ['rollback 0', '0 is not the number of a release'],
    ['rollback ns/app 6 7', 'rollback takes no argument 7'],
    ['rollback 6 ns/app', 'ns/app is not the number of a release'],
    ['rollback NS/app', 'NS/app is not <namespace>/<remote>[/<environment>]'],
  ])('%s is refused, and asks for nothing', async (line, message) => {
    const { asked, err, code } = await run(line);
    expect(err).toContain(
      `gitkube: ${message}\nhint: to see what it takes, type: ssh -p 2222 git@host rollback --help`,
    );
    expect([asked, code]).toEqual([[], 2]);
  });

  it('prints what it takes', async () => {
    const { asked, out, code } = await run('rollback --help');
    expect(out).toMatch(/\nUsage: {3}rollback \[<namespace>\/<remote>\] \[<number>\] \[--dry-run\]\n/);
    expect([asked, code]).toEqual([[], 0]);
  });
});
