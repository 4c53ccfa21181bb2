import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { typeCommand } from './testing/type-command.ts';

const at = '2026-01-02T03:04:05Z';
const app = { namespace: 'ns', name: 'app' };

/** Runs a command line of a key that may lock one Remote. */
async function run(line: string, refusal?: GitkubeError) {
  const asked: unknown[][] = [];
  const lock = async (name: unknown, reason: string) => {
    if (refusal) throw refusal;
    asked.push([name, reason]);
    return { remote: 'ns/app', lock: { reason, by: 'ada', at } };
  };
  const unlock = async (name: unknown) => {
    asked.push([name]);
    return { remote: 'ns/app', lock: { reason: 'freeze', by: 'bob', at } };
  };
  return { asked, ...(await typeCommand(line, { locks: { lock, unlock } })) };
}

describe('lock', () => {
  it.each([
    ['lock release freeze', undefined, 'release freeze'],
    ['lock "release freeze"', undefined, 'release freeze'],
    ["lock ns/app 'database - moves'", app, 'database - moves'],
    ['lock ns/app -- --force is not used', app, '--force is not used'],
    ['lock -- ns/app two  spaces -- and a dash', app, 'two  spaces -- and a dash'],
    [`lock ns/app 'two  spaces'`, app, 'two  spaces'],
    ["lock ns/app 'two\r\nlines\n'", app, 'two lines'],
    ['lock two\n\nlines', undefined, 'two lines'],
  ])('%s locks with that reason', async (line, name, reason) => {
    const { asked, out, code } = await run(line);
    expect(asked).toEqual([[name, reason]]);
    expect([out, code]).toEqual([`ns/app is locked by ada since ${at}: ${reason}\n`, 0]);
  });

  it.each([
    ['lock', 'lock needs a reason: those who push read it'],
    ['lock ns/app', 'lock needs a reason: those who push read it'],
    ['lock NS/app freeze', 'NS/app is not <namespace>/<remote>[/<environment>]'],
    [`lock ${'x'.repeat(301)}`, 'a reason has 300 characters at most'],
    ['lock --force', 'lock has no option --force'],
  ])('%s is refused, and locks nothing', async (line, message) => {
    const { asked, err, code } = await run(line);
    expect(err).toContain(`gitkube: ${message}\n`);
    expect([asked, code]).toEqual([[], 2]);
  });

  it('of a locked Remote says who has it', async () => {
    const { err, code } = await run('lock x', new GitkubeError('Locked', 'ns/app is locked by bob: freeze'));
    expect([err, code]).toEqual(['gitkube: ns/app is locked by bob: freeze\n', 2]);
  });
});

it('unlock says which lock it was', async () => {
  const { asked, out, code } = await run('unlock ns/app');
  expect([asked, code]).toEqual([[[app]], 0]);
  expect(out).toBe(`ns/app is unlocked; it was locked by bob since ${at}: freeze\n`);
});
