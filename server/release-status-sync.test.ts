import { expect, it } from 'vitest';
import { silentLogger } from '../base/log.ts';
import type { RemoteChange, RemoteEntry } from '../remote-crd/index.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import type { Release } from './git/release.ts';
import type { Repository } from './git/repository.ts';
import { syncReleaseStatus } from './release-status-sync.ts';

const www = { id: 'default/www', namespace: 'default', name: 'www', uid: 'u-1' } as RemoteEntry;
const release = { number: 3, record: { branch: 'main' } } as Release;

/** A Remote with a repository that cannot be read as often as `failures` says. */
function makeHistory(failures: number) {
  const reported: string[] = [];
  const known = new Map([[www.id, www]]);
  let listener: (change: RemoteChange) => void = () => {};
  const clock = new ManualClock();
  let reads = 0;
  const end = syncReleaseStatus({
    remotes: {
      entries: () => [...known.values()],
      onChange: (listen) => {
        listener = listen;
        return () => {};
      },
    },
    repositories: {
      findOf: async () => {
        if (reads++ < failures) throw new Error('EMFILE');
        return { releases: async () => [release] } as unknown as Repository;
      },
    },
    reporter: { releases: ({ uid }, branch, [latest]) => void reported.push(`${uid} ${branch} ${latest?.number}`) },
    clock,
    log: silentLogger,
  });
  const see = (entry: RemoteEntry | undefined) => {
    if (entry) known.set(www.id, entry);
    else known.delete(www.id);
    listener({ id: www.id, entry });
  };
  return { reported, clock, end, see, reads: () => reads };
}

it('releases are reported once for each Remote, and once more for another one of the same name', async () => {
  const { reported, see, end } = makeHistory(0);
  see({ ...www });
  await expect.poll(() => reported).toEqual(['u-1 main 3']);
  see(undefined);
  see({ ...www, uid: 'u-2' });
  await expect.poll(() => reported).toEqual(['u-1 main 3', 'u-2 main 3']);
  end();
});

it('releases that could not be read are read again, until that works', async () => {
  const { reported, clock, end } = makeHistory(3);
  for (let tries = 1; tries <= 3; tries++) {
    await expect.poll(() => clock.delays.length).toBe(tries);
    clock.advance(300_000);
  }
  await expect.poll(() => reported).toEqual(['u-1 main 3']);
  expect(clock.pending).toBe(0);
  end();
});

it('releases are not read again for a Remote that is gone, nor after the end', async () => {
  const first = makeHistory(1);
  await expect.poll(() => first.clock.pending).toBe(1);
  first.see(undefined);
  first.clock.advance(300_000);
  await expect.poll(() => first.clock.pending).toBe(0);
  expect(first.reads()).toBe(1);
  first.end();
  const second = makeHistory(1);
  await expect.poll(() => second.clock.pending).toBe(1);
  second.end();
  await expect.poll(() => second.clock.pending).toBe(0);
  expect(second.reads()).toBe(1);
});
