import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { RunEnd } from '../gateways/run-gateway.ts';
import { typeCommand } from './testing/type-command.ts';

/** Types a command line of a key that may run commands of one Remote. */
async function type(line: string, end: RunEnd | GitkubeError = { code: 0, reason: 'Completed' }) {
  const asked: unknown[][] = [];
  const run = async (name: unknown, wish: unknown) => {
    asked.push([name, wish]);
    if (end instanceof GitkubeError) throw end;
    return end;
  };
  return { asked, ...(await typeCommand(line, { runs: { run } })) };
}

const app = { namespace: 'ns', name: 'app' };
const plainWish = { container: 'web', command: ['ls'], tty: false, timeoutSeconds: 3600 };

describe('run', () => {
  it.each([
    ['run web -- ls', undefined, {}],
    ['run ns/app web -- ls', app, {}],
    ['run www/web -- ls', undefined, { container: 'www/web' }],
    ['run -t web --timeout 1h30m -- ls', undefined, { tty: true, timeoutSeconds: 5400 }],
    ['run web -- ls -l --help -- x', undefined, { command: ['ls', '-l', '--help', '--', 'x'] }],
    ['run web -- "sh -c" \'a  b\' c\\ d', undefined, { command: ['sh -c', 'a  b', 'c d'] }],
    [`run web -- sh -c 'exit 7'`, undefined, { command: ['sh', '-c', 'exit 7'] }],
    ['run web -- sh -c exit 7', undefined, { command: ['sh', '-c', 'exit 7'] }],
    ['run web -- /bin/bash -ec a  | b', undefined, { command: ['/bin/bash', '-ec', 'a  | b'] }],
    [`run web -- sh -c 'echo $1' sh x`, undefined, { command: ['sh', '-c', 'echo $1', 'sh', 'x'] }],
    [`run web -- sh -c "ls"`, undefined, { command: ['sh', '-c', 'ls'] }],
    ['run web -- dash -c ls', undefined, { command: ['dash', '-c', 'ls'] }],
    ['run web -- ssh -c exit 7', undefined, { command: ['ssh', '-c', 'exit', '7'] }],
    ['run web -- sh script -c a b', undefined, { command: ['sh', 'script', '-c', 'a', 'b'] }],
  ])('%s asks for what it names', async (line, name, changes) => {
    const { asked, err, code } = await type(line);
    expect(asked).toEqual([[name, { ...plainWish, ...changes }]]);
    expect([err, code]).toEqual(['', 0]);
  });

  it('may be longer than every other command', async () => {
    expect((await type(`run web -- echo ${'x'.repeat(30_000)}`)).code).toBe(0);
    expect((await type(`run web -- echo ${'x'.repeat(40_000)}`)).err).toMatch(
      /^gitkube: a command of 40016 characters: run\nhint: run takes 32000 characters at most/,
    );
  });

  it.each([
    ['run', 'run needs a container: run <container> -- <command>'],
    ['run -- ls', 'run needs a container: run <container> -- <command>'],
    ['run web', 'run needs a command: run web -- <command>'],
    ['run web -- ', 'run needs a command: run web -- <command>'],
    ['run ns/app web ls', 'run takes no argument ls'],
    ['run NS/app web -- ls', 'NS/app is not <namespace>/<remote>[/<environment>]'],
    ['run web --timeout soon -- ls', 'soon is no time: 90s, 15m, 2h, 1h30m, 1d'],
    ['run web --timeout 0s -- ls', '--timeout is 1s to 1d'],
    ['run web --timeout 2d -- ls', '--timeout is 1s to 1d'],
    ['run web --tiemout 2d -- ls', 'run has no option --tiemout'],
    [`run web -- echo it's`, "a quote is not closed in echo it's"],
    [`run web -- sh -c echo "a b"`, 'the script after sh -c is echo alone: the quotes around it are gone'],
    [
      'run web -- /bin/bash -ec cd a\\ b && ls',
      'the script after /bin/bash -ec is cd alone: the quotes around it are gone',
    ],
  ])('%s is refused, and runs nothing', async (line, message) => {
    const { asked, err, code } = await type(line);
    expect(err).toContain(`gitkube: ${message}\n`);
    expect([asked, code]).toEqual([[], 125]);
  });

  it.each<[RunEnd | GitkubeError, number, string]>([
    [{ code: 7, reason: 'Error' }, 7, ''],
    [{ code: 137, reason: 'OOMKilled' }, 137, 'gitkube: killed: out of memory\n'],
    ['time over', 124, 'gitkube: ended: its time was over, --timeout gives it more\n'],
    ['interrupted', 130, ''],
    [
      new GitkubeError('ImagePullFailed', 'no such image', { evidence: ['an event'], hint: 'push it' }),
      125,
      'gitkube: no such image\n  | an event\nhint: push it\n',
    ],
  ])('that ends with %j has the exit code %i', async (end, code, err) => {
    expect(await type('run web -- ls', end)).toMatchObject({ code, err });
  });
});
