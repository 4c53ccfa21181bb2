import { describe, expect, it } from 'vitest';
import { typeCommand } from './testing/type-command.ts';

/** Runs a command line of a key that may read the logs of one Remote. */
async function run(line: string, lineEnd = '\n') {
  const asked: unknown[][] = [];
  const read = async (name: unknown, wish: unknown) => {
    asked.push([name, wish]);
    return (async function* () {
      yield* ['[www-1/app] one', '--- www-1/app: ended (exit code 0)'];
    })();
  };
  return { asked, ...(await typeCommand(line, { logs: { read } }, lineEnd)) };
}

const app = { namespace: 'ns', name: 'app' };
const all = { follow: false, previous: false, sinceSeconds: undefined, tailLines: 100, container: undefined };

describe('logs', () => {
  it.each([
    ['logs', undefined, {}],
    ['logs ns/app -f', app, { follow: true }],
    ['logs --tail 5 -c app', undefined, { tailLines: 5, container: 'app' }],
    ['logs --tail=0', undefined, { tailLines: 0 }],
    ['logs --since 1h30m', undefined, { sinceSeconds: 5400, tailLines: undefined }],
    ['logs --since=2d --tail 9 --previous', undefined, { sinceSeconds: 172_800, tailLines: 9, previous: true }],
  ])('%s asks for what it names, and prints it', async (line, name, changes) => {
    const { asked, out, code } = await run(line);
    expect(asked).toEqual([[name, { ...all, ...changes }]]);
    expect(out).toBe('[www-1/app] one\n--- www-1/app: ended (exit code 0)\n');
    expect(code).toBe(0);
  });

  it('ends its lines as a terminal wants', async () => {
    expect((await run('logs', '\r\n')).out).toContain('[www-1/app] one\r\n');
  });

  it.each([
    ['logs -f --previous', '-f and --previous do not fit: what has ended cannot be followed'],
    ['logs --tail many', 'many is not a number of lines'],
    ['logs --tail', '--tail needs <lines> after it'],
    ['logs --since yesterday', 'yesterday is no time: 90s, 15m, 2h, 1h30m, 1d'],
    ['logs -f=5', '-f takes no value'],
    ['logs --folow', 'logs has no option --folow'],
    ['logs www', 'www is not <namespace>/<remote>[/<environment>]'],
  ])('%s is refused, and asks for nothing', async (line, message) => {
    const { asked, err, code } = await run(line);
    expect(err).toContain(`gitkube: ${message}\n`);
    expect([asked, code]).toEqual([[], 2]);
  });
});
