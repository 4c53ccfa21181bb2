import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { DeployRecord, OutputPiece } from '../deploys/records/records.ts';
import { typeCommand } from './testing/type-command.ts';

const record: DeployRecord = {
  id: '0123456789',
  at: '2026-01-02T03:04:05.678Z',
  trigger: { kind: 'push', via: 'ssh' },
  by: { name: 'ada\u001b[2J@laptop', fingerprint: 'SHA256:ada' },
  remote: 'ns/app',
  uid: 'u1',
  environment: '',
  branch: 'main',
  commit: 'c0ffee0123456789',
  phases: [],
  joined: [],
  seconds: 12.3,
  verdict: { result: 'released', release: 7 },
  images: [],
};
const pieces: readonly OutputPiece[] = [
  { n: 1, ms: 0, kind: 'stage', text: 'Building www' },
  { leftOut: 1200 },
  { n: 1202, ms: 0, kind: 'error', text: 'it failed' },
];

/** Runs a command line of a key whose only Remote has these deploys. */
async function run(line: string, verdict: DeployRecord['verdict'] = record.verdict, lineEnd = '\n') {
  const asked: unknown[][] = [];
  const deploys = {
    all: async (name: unknown) => {
      asked.push([name]);
      return [{ ...record, verdict }];
    },
    read: async (name: unknown, id: unknown) => {
      asked.push([name, id]);
      if (id === 'gone') throw new GitkubeError('DeployNotFound', 'ns/app has no record of deploy gone');
      const output = (async function* () {
        yield pieces;
      })();
      const deleted = new GitkubeError('DeployNotFound', 'the record of deploy deleted was deleted');
      return { output, record: async () => (id === 'deleted' ? Promise.reject(deleted) : { ...record, verdict }) };
    },
  };
  return { asked, ...(await typeCommand(line, { deploys }, lineEnd)) };
}

const app = { namespace: 'ns', name: 'app' };

describe('deploys', () => {
  it('prints a line for each, without anything that a terminal obeys', async () => {
    const { out, code } = await run('deploys');
    expect(out).toBe(
      [
        'ID           BEGAN                  COMMIT    BY           VERDICT      TOOK\n',
        '0123456789   2026-01-02T03:04:05Z   c0ffee0   ada@laptop   releases/7   12.3 s\n',
      ].join(''),
    );
    expect(code).toBe(0);
  });

  it.each([
    [{ result: 'failed', reason: 'BuildFailed', message: 'x' }, 'failed: BuildFailed'],
    [{ result: 'running', phase: 'rollout' }, 'running: rollout'],
    [{ result: 'running', phase: 'queue' }, 'waiting for its turn'],
    [{ result: 'interrupted' }, 'interrupted'],
    [{ result: 'unchanged' }, 'unchanged'],
  ] as const)('writes %o as words', async (verdict, words) => {
    expect((await run('deploys', verdict)).out).toContain(` ${words} `);
  });

  it('prints all that is known as JSON', async () => {
    expect(JSON.parse((await run('deploys ns/app --json')).out)).toEqual([record]);
  });

  it('prints no JSON that a terminal obeys', async () => {
    const message = 'a\u009b2Jb\u202ec\u007f';
    const { out } = await run('deploys --json', { result: 'failed', reason: 'BuildFailed', message });
    expect(JSON.parse(out)[0].verdict.message).toBe('a\ufffd2Jb\ufffdc\ufffd');
  });
});

describe('output', () => {
  it.each([
    ['output', undefined, undefined],
    ['output ns/app', app, undefined],
    ['output 0123456789', undefined, '0123456789'],
    ['output  ns/app  0123456789 ', app, '0123456789'],
  ])('%s asks for a deploy', async (line, name, id) => {
    const { asked, out, code } = await run(line);
    expect(asked).toEqual([[name, id]]);
    expect(out).toBe('Building www\n… 1200 lines left out …\nerror: it failed\n');
    expect(code).toBe(0);
  });

  it.each([
    [{ result: 'built' }, 0],
    [{ result: 'checked' }, 0],
    [{ result: 'unchanged' }, 0],
    [{ result: 'failed', reason: 'BuildFailed', message: 'x' }, 1],
    [{ result: 'interrupted' }, 3],
  ] as const)('of %o ends with its exit code', async (verdict, code) => {
    expect((await run('output', verdict)).code).toBe(code);
  });

  it('of one that was interrupted says so', async () => {
    const { out } = await run('output', { result: 'interrupted', message: 'the server ended\u001b[2J' });
    expect(out).toMatch(/error: it failed\ninterrupted: the server ended\n$/);
    expect((await run('output', { result: 'interrupted' })).out).toContain('\ninterrupted: the server stopped during');
  });

  it('of one whose record is deleted while it is read ends with an error behind what was read', async () => {
    const { out, err, code } = await run('output deleted');
    expect(out).toBe('Building www\n… 1200 lines left out …\nerror: it failed\n');
    expect(err).toContain('gitkube: the record of deploy deleted was deleted\n');
    expect(code).toBe(2);
  });

  it('for a terminal ends its lines as that wants', async () => {
    expect((await run('output', record.verdict, '\r\n')).out).toMatch(/^Building www\r\n…/);
  });
});

describe('a mistake in the command is named with what to do:', () => {
  it.each([
    ['deploys --jsn', 'deploys has no option --jsn'],
    ['deploys ns/app other', 'deploys takes no argument other'],
    ['deploys app', 'app is not <namespace>/<remote>[/<environment>]'],
    ['output NS/app', 'NS/app is not <namespace>/<remote>[/<environment>]'],
    ['output --json', 'output has no option --json'],
    ['output ns/app ns/app', 'ns/app is not the id of a deploy'],
    ['output abc def', 'abc is not <namespace>/<remote>[/<environment>]'],
    ['output gone', 'ns/app has no record of deploy gone'],
    ['output \u001b[2J/x', '/x is not <namespace>/<remote>[/<environment>]'],
  ])('%s', async (line, message) => {
    const { err, out, code } = await run(line);
    expect(err).toContain(`gitkube: ${message}\n`);
    if (!line.includes('gone'))
      expect(err).toMatch(/hint: to see what it takes, type: ssh -p 2222 git@host (deploys|output) --help$/m);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it.each(['deploys', 'output'])('%s --help shows the usage', async (name) => {
    const { asked, out, code } = await run(`${name} --help`);
    expect(out).toMatch(new RegExp(`\nUsage:   ${name} \\[<namespace>/<remote>\\]`));
    expect(asked).toEqual([]);
    expect(code).toBe(0);
  });

  it.each(['deploysx', 'outputs', 'xoutput'])('%s is an unknown command', async (line) => {
    const { err, code } = await run(line);
    expect(err).toMatch(/unknown command: .*[\s\S]*hint: did you mean /);
    expect(code).toBe(127);
  });
});
