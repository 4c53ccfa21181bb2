import { describe, expect, it } from 'vitest';
import type { KubeAdmin } from '../../kube/index.ts';
import type { Config } from '../../server/config.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { type Check, findAll, ok } from './finding.ts';

const never = new Promise<never>(() => {});

function context(clock = new ManualClock(), signal = new AbortController().signal) {
  return { config: {} as Config, clock, signal, home: 'gitkube', inside: true };
}

describe('all checks', () => {
  it('run side by side, and their findings are in the order of the checks', async () => {
    const begun: string[] = [];
    const all = Promise.withResolvers<void>();
    const check = (name: string): Check => ({
      name,
      run: async () => {
        begun.push(name);
        if (begun.length === 3) all.resolve();
        await all.promise;
        return [ok(`${name} works`)];
      },
    });
    const found = await findAll(['a', 'b', 'c'].map(check), context(), Promise.resolve(undefined));
    expect(found.map(({ check: name, message }) => [name, message])).toEqual([
      ['a', 'a works'],
      ['b', 'b works'],
      ['c', 'c works'],
    ]);
  });

  it('wait for the look at the cluster only where they ask it something', async () => {
    const cluster = Promise.withResolvers<KubeAdmin | undefined>();
    const alone: Check = {
      name: 'alone',
      alone: true,
      run: async () => {
        cluster.resolve(undefined);
        return [ok('here')];
      },
    };
    const asks: Check = { name: 'asks', run: async ({ admin }) => [ok(`admin ${admin}`)] };
    const found = await findAll([asks, alone], context(), cluster.promise);
    expect(found.map(({ message }) => message)).toEqual(['admin undefined', 'here']);
  });

  it('end after 20 s each, all at the same time, with what to type then', async () => {
    const clock = new ManualClock();
    const hangs = (name: string): Check => ({ name, run: () => never, onTimeout: () => [`try ${name}`] });
    const finding = findAll([hangs('a'), hangs('b')], context(clock), Promise.resolve(undefined));
    await expect.poll(() => clock.pending).toBe(2);
    clock.advance(20_000);
    expect(await finding).toEqual([
      { check: 'a', level: 'FAIL', message: 'timed out after 20 s', fix: ['try a'] },
      { check: 'b', level: 'FAIL', message: 'timed out after 20 s', fix: ['try b'] },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('have failed when they throw, unless the user has ended them', async () => {
    const throws: Check = { name: 'a', run: () => Promise.reject(new Error('broken')) };
    const [finding] = await findAll([throws], context(), Promise.resolve(undefined));
    expect(finding).toMatchObject({ check: 'a', level: 'FAIL', message: expect.stringContaining('broken') });
    const over = new AbortController();
    over.abort(new Error('interrupted'));
    const ended = findAll([throws], context(new ManualClock(), over.signal), Promise.resolve(undefined));
    await expect(ended).rejects.toThrow('interrupted');
  });
});
