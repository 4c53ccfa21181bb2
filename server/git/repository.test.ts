import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Repositories } from './repositories.ts';
import type { Repository } from './repository.ts';
import { git } from './run.ts';

let folder: string;
let repository: Repository;
let commit: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-repository-'));
  repository = await new Repositories(folder).open('ns', 'app');
  const inRepository = { cwd: repository.path };
  const tree = (await git(['mktree'], { ...inRepository, input: '' })).trim();
  const env = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a' };
  commit = (await git(['commit-tree', tree, '-m', 'x'], { ...inRepository, env })).trim();
  await git(['update-ref', 'refs/tags/folder', commit], inRepository);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('releases', () => {
  it('that could not be read once are read again', async () => {
    const head = join(repository.path, 'HEAD');
    await rename(head, `${head}.away`);
    await expect(repository.releases()).rejects.toMatchObject({ reason: 'GitFailed' });
    await rename(`${head}.away`, head);
    expect(await repository.releases()).toEqual([]);
  });
});

describe('refs that git is to write later', () => {
  const none = '0'.repeat(40);
  const attempt = (ref: string, oldOid = none) => repository.tryRefs([{ ref, newOid: commit, oldOid }], {});

  it('that fit are not written', async () => {
    await attempt('refs/tags/new');
    expect(await git(['for-each-ref', 'refs/tags/new'], { cwd: repository.path })).toBe('');
  });

  it.each(['refs/tags/folder/file', 'refs/tags/folder', 'refs/tags/a..b', 'refs/tags/a b', '../config'])(
    '%s is refused',
    async (ref) => {
      await expect(attempt(ref)).rejects.toMatchObject({ reason: 'RefRefused' });
    },
  );

  it('are refused when they are no longer where the client saw them', async () => {
    await expect(attempt('refs/tags/new', commit)).rejects.toMatchObject({ reason: 'RefRefused' });
  });
});

describe('the sweep of quarantines', () => {
  it('waits until no push is being received', async () => {
    const stale = join(repository.path, 'objects/tmp_objdir-incoming-x');
    await mkdir(stale);
    repository.beginReceive();
    await repository.sweepQuarantine();
    await expect(mkdir(stale)).rejects.toMatchObject({ code: 'EEXIST' });
    repository.endReceive();
    await repository.sweepQuarantine();
    await mkdir(stale);
    await rm(stale, { recursive: true });
  });
});
