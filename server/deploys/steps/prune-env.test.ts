import { expect, it } from 'vitest';
import { silentLogger } from '../../../base/log.ts';
import { MemoryConfigs } from '../../env/testing/memory-configs.ts';
import type { Release, UnreadableRelease } from '../../git/release.ts';
import { pruneEnv } from './prune-env.ts';

const env = { ref: { kind: 'Secret', namespace: 'ns', name: 'web-env' }, change: undefined } as const;

/** Newest first; each two releases have one snapshot, and every tenth cannot be read. */
const releases = Array.from({ length: 120 }, (_, index): Release | UnreadableRelease => {
  const number = 120 - index;
  const recorded = { kind: 'Secret', name: 'web-env', snapshot: `s${Math.ceil(number / 2)}` };
  const record = { env: recorded };
  return (number % 10 === 0 ? { number, commit: 'c', why: 'x' } : { number, commit: 'c', record }) as never;
});

let lines: string[];

async function prune(envIsNew: boolean, fails = false, keptEnv?: string) {
  lines = [];
  const configs = new MemoryConfigs();
  configs.before = () => {
    if (fails) throw new Error('no answer');
  };
  const repository = { newestReleases: async () => releases } as never;
  const output = { say: (line: string) => void lines.push(line) } as never;
  const facts = { repository, env, recordedEnv: undefined, envHasChanged: false, envIsNew, keptEnv, output };
  await pruneEnv.run(facts, { env: configs.store(), log: silentLogger });
  return configs.asked;
}

it('the oldest snapshots are deleted when there is one more, a few at once', async () => {
  expect(await prune(true)).toEqual(['s10', 's9', 's8', 's7', 's6'].map((name) => `delete ${name}`));
  expect(await prune(false)).toEqual([]);
});

it('a snapshot that cannot be deleted fails no release', async () => {
  expect(await prune(true, true)).toEqual([]);
});

it('where values are that no release ran with is said', async () => {
  await prune(true, false, 's60-before');
  expect(lines).toEqual(['env: what it was is kept: kubectl -n ns get secret s60-before -o yaml']);
});
