import { describe, expect, it } from 'vitest';
import type { EnvWish } from '../deploys/triggers/env.ts';
import type { ListedEnv } from '../gateways/env-gateway.ts';
import { typeCommand } from './testing/type-command.ts';

const app = { namespace: 'ns', name: 'app' };

/** Runs a command line of a key that may change the env of one Remote. */
async function run(line: string, { input = '', listed }: { input?: string | Buffer; listed?: ListedEnv } = {}) {
  const asked: unknown[] = [];
  const wishes: EnvWish[] = [];
  const list = async (name: unknown) => {
    asked.push(name);
    return listed;
  };
  const deploy = async (name: unknown, trigger: { kind: string }, wish: EnvWish) => {
    asked.push(name);
    wishes.push(wish);
    const output = (async function* () {
      yield `${trigger.kind}\n`;
    })();
    return { outcome: Promise.resolve({ kind: 'released' }), until: () => output };
  };
  const backend = { env: { list, requireOn: async () => {} }, control: { deploy } };
  const answered = await typeCommand(line, backend, '\n', Buffer.from(input));
  const data = wishes[0]?.change.applyTo(new Map([['OLD', 'x']]), 'ConfigMap');
  return { ...answered, asked, dryRun: wishes[0]?.dryRun, data: data && Object.fromEntries(data) };
}

describe('env set', () => {
  it.each<[string, string, object]>([
    ['env set A=1', '', { A: '1' }],
    ['env set A=1 B= C==', '', { A: '1', B: '', C: '=' }],
    [`env set "A=two words" B='it is "x"' C=a\\ b`, '', { A: 'two words', B: 'it is "x"', C: 'a b' }],
    ['env set URL=https://host/path', '', { URL: 'https://host/path' }],
    ['env set A=- B=2', 'from stdin\n', { A: 'from stdin', B: '2' }],
    ['env set A=-', 'two\nlines\n\n', { A: 'two\nlines\n' }],
    [`env set A=${'x'.repeat(30_000)}`, '', { A: 'x'.repeat(30_000) }],
    ['env set', '# a comment\nA=1\n\nB= two = \r\n', { A: '1', B: ' two = ' }],
  ])('%.40s with stdin %j', async (line, input, expected) => {
    const { data, asked, out, code } = await run(line, { input });
    expect(data).toEqual({ OLD: 'x', ...expected });
    expect([asked, out, code]).toEqual([[undefined], 'env\n', 0]);
  });

  it('takes a Remote, and --dry-run', async () => {
    expect(await run('env set ns/app --dry-run A=a/b')).toMatchObject({
      asked: [app],
      dryRun: true,
      data: { A: 'a/b' },
    });
  });

  it.each([
    ['env set', '', 'env set needs NAME=value, as words or as lines of stdin'],
    ['env set A=my secret', '', 'word 2 behind env set is not NAME=value'],
    ['env set', 'A=1\nsecret', 'line 2 of stdin is not NAME=value'],
    ['env set', '1A=x\nsecret', 'the name in line 1 of stdin is no name of a variable'],
    ['env set', 'secret-part=x', 'the name in line 1 of stdin is no name of a variable'],
    ['env set', 'secretsecret==\n', 'line 1 of stdin looks like a value without its name'],
    ['env set', 'secretsecret=\n', 'line 1 of stdin looks like a value without its name'],
    ['env set', 'A=1\nB=2\nA=secret', 'line 3 of stdin has a name that was there before'],
    ['env set A=1 A=secret', '', 'word 2 behind env set has a name that was there before'],
    ['env set A=secret\ufffd', '', 'word 1 behind env set has bytes that are no UTF-8'],
    ['env unset A A', '', 'word 2 behind env unset has a name that was there before'],
    ['env set 1A=secret', '', '1A is no name of a variable: letters, digits and _, and no digit first'],
    ['env set A-B=secret', '', 'A-B is no name of a variable'],
    ['env set A=- B=-', 'secret', 'only one value can come by stdin'],
    ["env set A='secret", '', 'a quote is not closed'],
    ['env set --json A=secret', '', 'env set has no option --json'],
    ['env set A=-', 'secret'.repeat(400_000), 'stdin has more than a Secret takes, 1 MiB'],
    ['env unset', '', 'env unset needs a name'],
    ['env unset A=secret', '', 'env unset takes names, and no values'],
    ['env unset A-B', '', 'A-B is no name of a variable'],
    ['env get A', '', 'env takes list, set or unset before anything else'],
    ['env list ns/app A', '', 'env list takes a Remote and nothing else'],
    ["env git-receive-pack '/default/www'", '', 'env takes list, set or unset before anything else'],
  ])('%s with stdin %.20j is refused', async (line, input, message) => {
    const { err, code, asked } = await run(line, { input });
    expect(err).toContain(`gitkube: ${message}`);
    expect(err.slice(0, err.indexOf('\n'))).not.toContain('secret');
    expect([asked, code]).toEqual([[], 2]);
  });
});

it('env unset deletes names', async () => {
  expect(await run('env unset ns/app OLD NEVER')).toMatchObject({ asked: [app], data: {}, code: 0 });
});

describe('env list', () => {
  const secret = { remote: 'ns/app', kind: 'Secret', name: 'web-env', env: [{ name: 'KEY', bytes: 24 }] } as const;
  const map = { ...secret, kind: 'ConfigMap', env: [{ name: 'LEVEL', bytes: 4, value: 'in\u001bfo' }] } as const;

  it.each(['env', 'env list', 'env ns/app', 'env list ns/app'])('%s prints no value of a Secret', async (line) => {
    const { out, asked, code } = await run(line, { listed: secret });
    expect(out).toBe('NAME   VALUE\nKEY    set, 24 bytes\n');
    expect([asked, code]).toEqual([[line.includes('/') ? app : undefined], 0]);
  });

  it('prints those of a ConfigMap, made plain, and JSON', async () => {
    expect((await run('env', { listed: map })).out).toBe('NAME    VALUE\nLEVEL   in\ufffdfo\n');
    expect(JSON.parse((await run('env --json', { listed: secret })).out)).toEqual(secret);
    expect((await run('env', { listed: { ...secret, env: [] } })).out).toBe('Secret web-env is empty\n');
  });
});
