import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import { typeCommand } from './testing/type-command.ts';

/** Runs a command line of a key that may deploy to one Remote. */
async function run(line: string, outcome: object = { kind: 'released' }) {
  const asked: unknown[][] = [];
  const deploy = async (name: unknown, { kind }: { kind: string }, wish: unknown) => {
    asked.push([name, kind, wish]);
    const until = async function* () {
      yield 'Gitkube: ns/app\n';
    };
    return { outcome: Promise.resolve(outcome as DeployOutcome), until };
  };
  return { asked, ...(await typeCommand(line, { control: { deploy } })) };
}

const app = { namespace: 'ns', name: 'app' };

describe('redeploy and restart', () => {
  it.each([
    ['redeploy', undefined, 'redeploy', { noCache: false, dryRun: false }],
    ['redeploy ns/app --no-cache', app, 'redeploy', { noCache: true, dryRun: false }],
    ['redeploy --dry-run', undefined, 'redeploy', { noCache: false, dryRun: true }],
    ['restart', undefined, 'restart', { dryRun: false }],
    ['restart --dry-run ns/app', app, 'restart', { dryRun: true }],
  ])('%s asks for a deploy, and prints what that says', async (line, name, kind, wish) => {
    const { asked, out, code } = await run(line);
    expect(asked).toEqual([[name, kind, wish]]);
    expect([out, code]).toEqual(['Gitkube: ns/app\n', 0]);
  });

  it.each(['redeploy', 'restart'])('%s that fails exits with 1', async (line) => {
    const failed = { kind: 'failed', error: new GitkubeError('ContainerCrashed', 'x') };
    expect((await run(line, failed)).code).toBe(1);
  });

  it.each([
    ['redeploy 7', '7 is not <namespace>/<remote>[/<environment>]'],
    ['redeploy --nocache', 'redeploy has no option --nocache\nhint: did you mean --no-cache?'],
    ['restart --no-cache', 'restart has no option --no-cache'],
  ])('%s is refused, and asks for nothing', async (line, message) => {
    const { asked, err, code } = await run(line);
    expect(err).toContain(`gitkube: ${message}\n`);
    expect([asked, code]).toEqual([[], 2]);
  });
});
