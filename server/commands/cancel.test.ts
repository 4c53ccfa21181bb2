import { describe, expect, it } from 'vitest';
import type { DeployRecord } from '../deploys/records/records.ts';
import { typeCommand } from './testing/type-command.ts';

type Verdict = DeployRecord['verdict'];
const cancelled: Verdict = { result: 'failed', reason: 'Cancelled', message: 'cancelled by ada' };

/** Runs a command line of a key that may cancel one deploy. */
async function run(line: string, verdict: Verdict = cancelled, waiting: readonly string[] = [], goesOn = false) {
  const asked: unknown[][] = [];
  const cancel = async (name: unknown, id: unknown, _by: unknown, isForced: unknown) => {
    asked.push(isForced ? [name, id, 'by force'] : [name, id]);
    return {
      remote: 'ns/app',
      id: 'd1',
      label: 'main c0ffee0 by bob\u001b[2J',
      waiting,
      verdict: Promise.resolve(verdict),
      goesOn,
    };
  };
  return { asked, ...(await typeCommand(line, { control: { cancel } })) };
}

const app = { namespace: 'ns', name: 'app' };

describe('cancel', () => {
  it.each([
    ['cancel', undefined, undefined],
    ['cancel ns/app', app, undefined],
    ['cancel d1', undefined, 'd1'],
    ['cancel ns/app d1', app, 'd1'],
  ])('%s ends a deploy, and says that everything is as before', async (line, name, id) => {
    expect(await run(line)).toEqual({
      asked: [[name, id]],
      out: 'cancelling d1: main c0ffee0 by bob\ncancelled by ada: everything is as before\n',
      err: '',
      code: 0,
    });
  });

  it.each([
    [{ result: 'released', release: 7 }, 'too late: it is released as releases/7'],
    [{ result: 'unchanged' }, 'too late: it has ended (unchanged), and changed nothing'],
    [{ result: 'ran' }, 'too late: the task has run to its end'],
    [{ result: 'failed', reason: 'BuildFailed', message: 'x' }, 'too late: it has failed (BuildFailed): x'],
    [{ result: 'failed', reason: 'RollbackFailed', message: 'x' }, 'not everything is restored yet: x'],
    [{ result: 'interrupted' }, 'the server stopped during this deploy'],
  ] as const)('of what ended with %o exits with 1', async (verdict, words) => {
    const { out, code } = await run('cancel', verdict);
    expect(out).toContain(`\n${words}`);
    expect(code).toBe(1);
  });

  it('with --force also ends what a cancel waits for, and says what is left of it', async () => {
    const message = 'cancelled by ada; task schema was ended by force: correct it';
    const { asked, out, code } = await run('cancel --force', { ...cancelled, message });
    expect(asked).toEqual([[undefined, undefined, 'by force']]);
    expect(out).toContain(`\n${message}; everything else is as before\n`);
    expect(code).toBe(1);
  });

  it('says at once that a migration goes on, and what ends it', async () => {
    const { out } = await run('cancel', { result: 'ran' }, [], true);
    expect(out.split('\n')[1]).toMatch(
      /^a migration runs, or what undoes one, and goes on to its end; cancel --force ends a migration:/,
    );
    expect((await run('cancel')).out).not.toContain('migration');
  });

  it('lists those that still wait', async () => {
    const { out } = await run('cancel', cancelled, ['d2   main 1234567 by bob']);
    expect(out).toMatch(/\nwaiting for their turn:\n {2}d2 {3}main 1234567 by bob\n$/);
  });

  it.each([
    ['cancel --hard', 'cancel has no option --hard'],
    ['cancel ns/app d1 d2', 'cancel takes no argument d2'],
    ['cancel d1 ns/app', 'ns/app is not the id of a deploy'],
    ['cancel NS/app', 'NS/app is not <namespace>/<remote>[/<environment>]'],
  ])('%s is refused, and ends nothing', async (line, message) => {
    const { asked, err, code } = await run(line);
    expect(err).toBe(`gitkube: ${message}\nhint: to see what it takes, type: ssh -p 2222 git@host cancel --help\n`);
    expect([asked, code]).toEqual([[], 2]);
  });

  it('prints its usage', async () => {
    const { asked, out, code } = await run('cancel --help');
    expect(out).toMatch(/\nUsage: {3}cancel \[<namespace>\/<remote>\] \[<id>\] \[--force\]\n/);
    expect([asked, code]).toEqual([[], 0]);
  });
});
