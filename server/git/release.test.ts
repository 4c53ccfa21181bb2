import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { git } from './git-command.ts';
import { makeHistory, type ReleaseRecord, releaseTag } from './release.ts';
import { Repositories } from './repositories.ts';
import type { Repository } from './repository.ts';

const record = (changes: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  release: 1,
  remote: 'default/www',
  branch: 'main',
  commit: 'a'.repeat(40),
  how: 'push',
  by: { key: 'alice@laptop', fingerprint: 'SHA256:abc' },
  at: '2026-01-02T03:04:05.000Z',
  images: [{ deployment: 'www', container: 'www', image: 'r/x@sha256:1', buildKey: 'k', built: true }],
  seconds: { build: 1.5, push: 0.1, rollout: 2, total: 4 },
  ...changes,
});

const db = {
  deployment: 'db',
  kind: 'StatefulSet',
  container: 'db',
  image: 'r/d@sha256:2',
  buildKey: 'k',
  built: true,
} as const;

const message = (tag: string) => tag.slice(tag.indexOf('\n\n') + 2);
const readBack = (written: ReleaseRecord) =>
  makeHistory([[`refs/tags/releases/${written.release}`, 'c', message(releaseTag(written))]]);

describe('a release tag', () => {
  it('is read back as it was written, whatever the key comment holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (key) => {
        const written = record({ by: { key, fingerprint: 'SHA256:abc' } });
        expect((await readBack(written)).releases[0]?.record).toEqual(written);
      }),
    );
  });

  it('names the kind of a workload that is no Deployment', async () => {
    const written = record({ images: [...record().images, db] });
    expect((await readBack(written)).releases[0]?.record).toEqual(written);
  });

  it('has the pusher as tagger, without characters that end a name in git', () => {
    const tag = releaseTag(record({ by: { key: 'x> 0 +0000\n<evil', fingerprint: 'SHA256:abc' } }));
    expect(tag.split('\n')[3]).toBe('tagger x 0 +0000\ufffdevil <SHA256:abc> 1767323045 +0000');
  });

  it.each([
    ['refs/tags/releases/x', 'a name that is no number'],
    ['refs/tags/v1', 'another tag'],
  ])('%s is not accepted: %s', async (ref) => {
    const none = { releases: [], unreadable: [], names: [], next: 1 };
    expect(await makeHistory([[ref, 'c', message(releaseTag(record()))]])).toEqual(none);
  });

  it.each([
    [
      'a kind that a newer version knows',
      releaseTag(record()).replace('container: www', 'kind: Rollout\n    container: www'),
    ],
    ['a message by hand', 'x\n\nby hand\n\n{{{'],
    ['no message', 'x\n\n'],
  ])('with %s is named, and its number is not used again', async (_, tag) => {
    const seventh = ['refs/tags/releases/7', 'c', message(tag)];
    const sixth = ['refs/tags/releases/6', 'c', message(releaseTag(record({ release: 6 })))];
    const history = await makeHistory([seventh, sixth]);
    expect(history.releases).toMatchObject([{ number: 6 }]);
    expect(history.unreadable).toMatchObject([
      { number: 7, commit: 'c', why: expect.stringMatching(/kind|YAML|expected/) },
    ]);
    expect(history.next).toBe(8);
  });
});

describe('the refs of a release', () => {
  let folder: string;
  let repository: Repository;
  let commit: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gitkube-release-'));
    repository = await new Repositories(folder).open('default', 'www');
    const cwd = repository.path;
    const tree = (await git(['mktree'], { cwd, input: '' })).trim();
    const header = 'author a <a> 0 +0000\ncommitter a <a> 0 +0000\n\nx\n';
    commit = (
      await git(['hash-object', '-t', 'commit', '-w', '--stdin'], { cwd, input: `tree ${tree}\n${header}` })
    ).trim();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('move together: branch, tag and HEAD', async () => {
    using pending = repository.beginRelease();
    await repository.commitRelease(pending, record({ commit, branch: 'production' }), undefined);
    expect(await repository.heads()).toEqual(new Map([['production', commit]]));
    expect(await repository.releases()).toMatchObject([{ number: 1, commit }]);
    expect(await repository.headBranch()).toBe('production');
  });

  it('stay together: a branch that has moved keeps the tag from being created', async () => {
    using pending = repository.beginRelease();
    const stale = 'b'.repeat(40);
    const failing = repository.commitRelease(pending, record({ commit }), stale);
    await expect(failing).rejects.toMatchObject({ reason: 'RefMoved' });
    expect(await repository.heads()).toEqual(new Map());
    expect(await repository.releases()).toEqual([]);
  });

  it('stay together: a tag that exists keeps the branch from moving', async () => {
    await git(['tag', 'releases/1', commit], { cwd: repository.path });
    using pending = repository.beginRelease();
    await expect(repository.commitRelease(pending, record({ commit }), undefined)).rejects.toMatchObject({
      reason: 'RefMoved',
    });
    expect(await repository.heads()).toEqual(new Map());
  });
});
