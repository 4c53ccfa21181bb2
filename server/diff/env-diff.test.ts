import { beforeEach, describe, expect, it } from 'vitest';
import type { Remote } from '../../remote-crd/index.ts';
import { MemoryConfigs } from '../env/testing/memory-configs.ts';
import type { Release, ReleaseRecord } from '../git/release.ts';
import { diffEnv } from './env-diff.ts';

const secret = 'hunter2hunter2';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const remote = { id: 'ns/app', namespace: 'ns', env: { kind: 'Secret', name: 'web-env' } } as unknown as Remote;
let configs: MemoryConfigs;
let releases: Release[];

beforeEach(() => {
  configs = new MemoryConfigs();
  configs.write('one', { A: base64(secret), B: base64('same'), C: base64('old') });
  configs.write('two', { A: base64(`${secret}!`), B: base64('same'), D: base64('new') });
  releases = [];
});

function release(number: number, env?: Partial<NonNullable<ReleaseRecord['env']>>): Release {
  const recorded = env && { kind: 'Secret', name: 'web-env', ...env };
  const found = { number, record: { ...(recorded && { env: recorded }) } } as unknown as Release;
  releases = [found, ...releases];
  return found;
}

const diff = (from: Release, to: Release, enabled = true) =>
  diffEnv({ env: configs.store(enabled) }, remote, { newestReleases: async () => releases }, [from, to]);

describe('the env of two releases', () => {
  it('differs by names, and no value is in what is said', async () => {
    const found = await diff(release(1, { snapshot: 'one' }), release(2, { snapshot: 'two' }));
    expect(found).toEqual({ added: ['D'], changed: ['A'], removed: ['C'] });
    expect(JSON.stringify(found)).not.toContain('hunter');
  });

  it('is the same where both have one snapshot, also when that is gone and env is off', async () => {
    const same = { added: [], changed: [], removed: [] };
    expect(await diff(release(1, { snapshot: 'gone' }), release(2, { snapshot: 'gone' }), false)).toEqual(same);
  });

  it('is what the next release has found, where the first one recorded none', async () => {
    const first = release(1);
    expect(await diff(first, release(2, { snapshot: 'two', before: 'one' }))).toMatchObject({ changed: ['A'] });
  });

  it.each<[string, Partial<NonNullable<ReleaseRecord['env']>>, boolean, object]>([
    ['its snapshot is gone', { snapshot: 'gone' }, true, { problem: 'there is no Secret gone of releases/2' }],
    [
      'env is off',
      { snapshot: 'two' },
      false,
      { problem: 'env is off: this server may not change Secrets and ConfigMaps' },
    ],
    [
      'it was another object',
      { snapshot: 'x', name: 'other' },
      true,
      { note: 'releases/1 ran with Secret web-env, releases/2 with Secret other' },
    ],
  ])('is not compared where %s', async (_, env, enabled, expected) => {
    expect(await diff(release(1, { snapshot: 'one' }), release(2, env), enabled)).toMatchObject(expected);
  });

  it('is none where no release recorded any', async () => {
    expect(await diff(release(1), release(2))).toBeUndefined();
  });
});
