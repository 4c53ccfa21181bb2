import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import { git } from './git-command.ts';
import { Repositories } from './repositories.ts';
import { Repository } from './repository.ts';

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

describe('many releases', () => {
  it('are read, also when they say more than any other answer of git', async () => {
    const many = await new Repositories(folder).open('ns', 'many');
    const message = 'x'.repeat(1024 ** 2);
    const tags = Array.from({ length: 20 }, (_, index) => {
      return `tag releases/${index + 1}\nfrom :1\ntagger a <a> 0 +0000\ndata ${message.length}\n${message}\n`;
    });
    const input = `commit refs/heads/main\nmark :1\ncommitter a <a> 0 +0000\ndata 0\n\n${tags.join('')}`;
    await git(['fast-import', '--quiet'], { cwd: many.path, input });
    expect((await many.history()).next).toBe(21);
  });
});

describe('a question to git', () => {
  const isAncestor = (path: string) => new Repository(path).isAncestor(commit, commit, {});
  const isShallow = (path: string) => new Repository(path).isShallow(commit, {});

  it.each([
    ['is ancestor', isAncestor],
    ['is shallow', isShallow],
  ])('%s is not answered by a git that fails', async (_, ask) => {
    await expect(ask(join(folder, 'nowhere'))).rejects.toMatchObject({ reason: 'GitFailed' });
    await expect(ask(folder)).rejects.toMatchObject({ reason: 'GitFailed' });
  });

  it('is answered by its exit code', async () => {
    const tree = (await git(['mktree'], { cwd: repository.path, input: '' })).trim();
    const env = { GIT_AUTHOR_NAME: 'b', GIT_AUTHOR_EMAIL: 'b', GIT_COMMITTER_NAME: 'b', GIT_COMMITTER_EMAIL: 'b' };
    const make = async (...parents: string[]) =>
      (await git(['commit-tree', tree, '-m', 'y', ...parents], { cwd: repository.path, env })).trim();
    const child = await make('-p', commit);
    expect(await repository.isAncestor(commit, child, {})).toBe(true);
    expect(await repository.isAncestor(child, commit, {})).toBe(false);
    expect(await repository.isShallow(child, {})).toBe(false);
    const object = join(repository.path, 'objects', child.slice(0, 2), child.slice(2));
    const orphan = await make('-p', child);
    await rm(object);
    expect(await repository.isShallow(orphan, {})).toBe(true);
    expect(await repository.isAncestor(commit, orphan, {})).toBe(false);
  });
});

describe('a data folder that cannot be read now', () => {
  it('is not taken for one without repositories, nor a repository for one without an owner', async () => {
    const data = join(folder, 'damaged');
    const { path } = await new Repositories(data).open('ns', 'owned', 'u1');
    await rm(join(path, 'gitkube-remote-uid'));
    await mkdir(join(path, 'gitkube-remote-uid'));
    await expect(new Repositories(data).open('ns', 'owned')).rejects.toMatchObject({ code: 'EISDIR' });
    const loop = join(folder, 'loop');
    await symlink('loop', loop);
    await expect(new Repositories(loop).all()).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(new Repositories(loop).find('ns', 'owned')).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(new Repositories(loop).open('ns', 'owned')).rejects.toMatchObject({ code: 'ELOOP' });
  });
});

describe('a release tag that cannot be read', () => {
  it('is logged, and the next release comes behind it', async () => {
    const written: unknown[] = [];
    const log = { ...silentLogger, warn: (fields: unknown) => void written.push(fields) } as typeof silentLogger;
    const damaged = await new Repositories(folder, log).open('ns', 'damaged');
    const cwd = damaged.path;
    const tree = (await git(['mktree'], { cwd, input: '' })).trim();
    await git(['update-ref', 'refs/tags/releases/41', tree], { cwd });
    const history = await damaged.history();
    expect(history).toMatchObject({ releases: [], unreadable: [{ number: 41 }], next: 42 });
    expect(written).toMatchObject([{ release: 41 }]);
  });
});

describe('refs that git is to write later', () => {
  const none = '0'.repeat(40);
  const attempt = (ref: string, oldOid = none) => repository.validateRefUpdates([{ ref, newOid: commit, oldOid }], {});

  it('are not written by the check', async () => {
    await attempt('refs/tags/new');
    expect(await git(['for-each-ref', 'refs/tags/new'], { cwd: repository.path })).toBe('');
  });

  it('may delete what does not exist, alone and beside others', async () => {
    const deletion = { ref: 'refs/tags/nowhere', newOid: none, oldOid: none };
    await expect(repository.validateRefUpdates([deletion], {})).resolves.toBeUndefined();
    const folded = { ref: 'refs/tags/folder/file', newOid: commit, oldOid: none };
    await expect(repository.validateRefUpdates([deletion, folded], {})).rejects.toMatchObject({ reason: 'RefRefused' });
  });

  it.each(['refs/tags/folder/file', 'refs/tags/folder', 'refs/tags/a..b', 'refs/tags/a b', '../config'])(
    'are refused with %s',
    async (ref) => {
      await expect(attempt(ref)).rejects.toMatchObject({ reason: 'RefRefused' });
    },
  );

  it('are not refused because of a lock that a dead git has left', async () => {
    const lock = join(repository.path, 'refs/tags/locked.lock');
    await writeFile(lock, '');
    const message = expect.stringContaining('refs/tags/locked.lock');
    await expect(attempt('refs/tags/locked')).rejects.toMatchObject({ reason: 'GitFailed', message });
    await rm(lock);
  });

  it('are refused when they are no longer where the client saw them', async () => {
    await expect(attempt('refs/tags/new', commit)).rejects.toMatchObject({ reason: 'RefRefused' });
  });
});

describe('a branch that git is to create later', () => {
  const branch = (name: string) => ({ ref: `refs/heads/${name}`, newOid: commit, oldOid: '0'.repeat(40) });

  it('is accepted beside others, unless one of them is its folder or its file', async () => {
    await git(['update-ref', 'refs/heads/team/app', commit], { cwd: repository.path });
    await repository.tryBranch(branch('main'), {});
    for (const name of ['team', 'team/app/next']) {
      const refused = { reason: 'RefRefused', message: expect.stringContaining(`${name} beside team/app`) };
      await expect(repository.tryBranch(branch(name), {})).rejects.toMatchObject(refused);
    }
  });
});

describe('what was built and not deployed', () => {
  it('is deleted when the name of the deploy branch conflicts with it', async () => {
    for (const name of ['a', 'a/b', 'a']) await repository.saveBuildRef(name, commit);
    expect(await git(['for-each-ref', '--format=%(refname)', 'refs/builds'], { cwd: repository.path })).toBe(
      'refs/builds/a\n',
    );
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

describe('a repository whose git was killed while it wrote a ref', () => {
  it('can be written again after a restart', async () => {
    const { path } = await new Repositories(folder).open('ns', 'killed');
    await mkdir(join(path, 'refs/heads/team'), { recursive: true });
    const locks = [
      'refs/heads/main.lock',
      'refs/heads/team/app.lock',
      'packed-refs.lock',
      'HEAD.lock',
      'objects/info/commit-graph.lock',
    ];
    await Promise.all(locks.map((name) => writeFile(join(path, name), '')));
    await new Repositories(folder).open('ns', 'killed');
    const tree = (await git(['mktree'], { cwd: path, input: '' })).trim();
    const env = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a' };
    const made = (await git(['commit-tree', tree, '-m', 'x'], { cwd: path, env })).trim();
    for (const name of ['main', 'team/app']) await git(['update-ref', `refs/heads/${name}`, made], { cwd: path });
    await git(['symbolic-ref', 'HEAD', 'refs/heads/team/app'], { cwd: path });
    await git(['pack-refs', '--all'], { cwd: path });
    await git(['commit-graph', 'write', '--reachable'], { cwd: path });
  });
});
