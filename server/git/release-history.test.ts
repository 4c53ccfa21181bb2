import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usedHeap } from '../../test/support/used-heap.ts';
import { findRelease } from '../releases/find-release.ts';
import { git } from './git-command.ts';
import { keptRecords, makeHistory, type ReleaseRecord, readReleases, releaseTag } from './release.ts';
import { Repositories } from './repositories.ts';
import type { Repository } from './repository.ts';

let folder: string;
let repositories: Repositories;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-history-'));
  repositories = new Repositories(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const image = (index: number) => ({
  deployment: `deployment-${index}`,
  container: `container-${index}`,
  image: `registry.example.com/team/deployment-${index}@sha256:${'0'.repeat(64)}`,
  buildKey: '1'.repeat(64),
  built: true,
});

const record = (release: number, images = 1): ReleaseRecord => ({
  release,
  remote: 'ns/app',
  branch: 'main',
  commit: 'a'.repeat(40),
  how: 'push',
  by: { key: 'alice@laptop', fingerprint: 'SHA256:abc' },
  at: '2026-01-02T03:04:05.000Z',
  images: Array.from({ length: images }, (_, index) => image(index)),
  seconds: { build: 1.5, push: 0.1, rollout: 2, total: 4 },
});

const messageOf = (written: ReleaseRecord) => releaseTag(written).split('\n').slice(5).join('\n');

/** A repository with the tags `releases/1` and so on, two for each commit. */
async function withReleases(name: string, messages: readonly string[]): Promise<Repository> {
  const repository = await repositories.open('ns', name);
  const commits = messages.map((message, index) => {
    const commit =
      index % 2 === 0 ? `commit refs/heads/main\nmark :${index + 1}\ncommitter a <a> 0 +0000\ndata 0\n\n` : '';
    const from = index - (index % 2) + 1;
    const bytes = Buffer.byteLength(message);
    return `${commit}tag releases/${index + 1}\nfrom :${from}\ntagger a <a> 0 +0000\ndata ${bytes}\n${message}\n`;
  });
  await git(['fast-import', '--quiet'], { cwd: repository.path, input: commits.join('') });
  return repository;
}

const messages = (count: number, images = 1) =>
  Array.from({ length: count }, (_, index) => messageOf(record(index + 1, images)));

describe('of many releases', () => {
  it('the newest are known with their records, and all by number and commit', async () => {
    const repository = await withReleases('many', messages(40));
    const { releases, names, next } = await repository.history();
    expect(releases.map(({ number }) => number)).toEqual(Array.from({ length: keptRecords }, (_, i) => 40 - i));
    expect(names).toHaveLength(40);
    expect(names[0]).toEqual({ number: 40, commit: releases[0]?.commit });
    expect(next).toBe(41);
  });

  it('an old one is found by its number and by its commit', async () => {
    const repository = await withReleases('old', messages(40));
    const third = await findRelease(repository, { id: 'ns/old' }, 3);
    expect(third).toMatchObject({ number: 3, record: record(3) });
    expect(await repository.newestReleaseOf(third.commit)).toMatchObject({ number: 4, commit: third.commit });
    expect(await repository.newestReleaseOf('b'.repeat(40))).toBeUndefined();
  });

  it('an old one that cannot be read is named, and the one before it of the same commit is found', async () => {
    const all = messages(40);
    all[3] = 'by hand\n\n{{{';
    const repository = await withReleases('damaged', all);
    const finding = findRelease(repository, { id: 'ns/damaged' }, 4);
    await expect(finding).rejects.toMatchObject({
      reason: 'ReleaseUnusable',
      message: expect.stringContaining('YAML'),
    });
    const { commit } = await findRelease(repository, { id: 'ns/damaged' }, 3);
    expect(await repository.newestReleaseOf(commit)).toMatchObject({ number: 3 });
  });

  it('as many of the newest are read as requested, with those that cannot be read', async () => {
    const all = messages(40);
    all[38] = 'by hand\n\n{{{';
    const repository = await withReleases('listed', all);
    const listed = await repository.newestReleases(12);
    expect(listed.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, i) => 40 - i));
    expect(listed[1]).toMatchObject({ number: 39, why: 'its message is no YAML' });
    expect(listed[11]).toMatchObject({ number: 29, record: record(29) });
  });

  it('one that does not exist is named with the last ones', async () => {
    const repository = await withReleases('few', messages(12));
    const finding = findRelease(repository, { id: 'ns/few' }, 13);
    await expect(finding).rejects.toMatchObject({
      reason: 'ReleaseNotFound',
      hint: [
        'choose one of the last releases (releases/12, releases/11, releases/10, releases/9, releases/8)',
        'to list all releases, type: ssh -p <port> git@<host> releases ns/few',
      ],
    });
    const byPush = findRelease(repository, { id: 'ns/few' }, 13, { byPush: true });
    await expect(byPush).rejects.toMatchObject({
      hint: [
        'to roll back to a release (the last ones are releases/12, releases/11, releases/10, releases/9, releases/8), type: git push ssh://git@<host>:<port>/ns/few HEAD:refs/rollback/<number>',
        'to list all releases, type: git ls-remote --tags ssh://git@<host>:<port>/ns/few',
      ],
    });
  });

  it('the newest readable ones are found among any number of unreadable ones', async () => {
    const all = [...messages(3), ...Array.from({ length: 30 }, () => 'by hand\n\n{{{')];
    const repository = await withReleases('newer', all);
    const { releases, unreadable, next } = await repository.history();
    expect(releases.map(({ number }) => number)).toEqual([3, 2, 1]);
    expect(unreadable).toHaveLength(30);
    expect(next).toBe(34);
  });

  it.each([
    ['a thousand of them are read', readReleases, 'Deployment'],
    ['a thousand that cannot be read are skipped', makeHistory, 'Rollout'],
  ] as const)('others have their turn while %s', async (_, read, kind) => {
    const all = messages(1000, 20).map((message) => message.replace('container:', `kind: ${kind}\n    container:`));
    const tags = all.map((message, index) => [`refs/tags/releases/${index + 1}`, 'c', message]);
    let turns = 0;
    const count = () => {
      turns++;
      turn = setImmediate(count);
    };
    let turn = setImmediate(count);
    await read(tags);
    clearImmediate(turn);
    expect(turns).toBeGreaterThan(3);
  });

  it('less than a tenth of the bytes of their tags is in memory', async () => {
    const all = messages(1000, 20);
    const repository = await withReleases('memory', all);
    const bytes = all.reduce((sum, message) => sum + message.length, 0);
    all.length = 0;
    // Whatever the first reading of all leaves, code that is loaded and compiled, is no part of a history.
    await (await withReleases('before', messages(20, 20))).history();
    const before = usedHeap();
    const history = await repository.history();
    expect(usedHeap() - before).toBeLessThan(bytes / 10);
    expect(history.names).toHaveLength(1000);
  });
});
