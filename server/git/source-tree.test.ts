import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { git } from './run.ts';
import { CommitSource } from './source-tree.ts';

let folder: string;
let head: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-source-'));
  await git(['init', '-q', '-b', 'main', '.'], { cwd: folder });
  await mkdir(join(folder, 'a/deep folder'), { recursive: true });
  await writeFile(join(folder, 'a/deep folder/Dockerfile'), 'FROM scratch\n');
  await writeFile(join(folder, 'a*'), 'a name that is a pattern elsewhere\n');
  await symlink('a', join(folder, 'link'));
  await git(['add', '-A'], { cwd: folder });
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
  await git([...identity, 'commit', '-q', '-m', 'x', '--date', '2026-01-02T03:04:05Z'], { cwd: folder });
  head = (await git(['rev-parse', 'HEAD'], { cwd: folder })).trim();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the files of a commit', () => {
  it.each([
    ['.', 'tree'],
    ['a', 'tree'],
    ['a/deep folder', 'tree'],
    ['a/deep folder/Dockerfile', 'blob'],
    ['a*', 'blob'],
    ['link', 'symlink'],
    ['link/deep folder', undefined],
    ['none', undefined],
    ['a/none', undefined],
    ['a*/x', undefined],
  ])('%s is a %s', async (path, kind) => {
    using source = await CommitSource.open(folder, head, {});
    expect((await source?.entry(path))?.kind).toBe(kind);
  });

  it('are the same objects that git names', async () => {
    using source = await CommitSource.open(folder, head, {});
    const oid = (await git(['rev-parse', `${head}:a/deep folder`], { cwd: folder })).trim();
    expect((await source?.entry('a/deep folder'))?.oid).toBe(oid);
  });

  it('are read up to a limit', async () => {
    using source = await CommitSource.open(folder, head, {});
    const { oid = '' } = (await source?.entry('a/deep folder/Dockerfile')) ?? {};
    expect((await source?.readBlob(oid, 100))?.toString()).toBe('FROM scratch\n');
    await expect(source?.readBlob(oid, 5)).rejects.toThrow('more than 5');
  });

  it('come as a tar of a folder', async () => {
    using source = await CommitSource.open(folder, head, {});
    const archive = source?.archive('a');
    expect(archive && (await text(archive))).toContain('deep folder/Dockerfile');
  });

  it('a tree is no commit, and nothing is left of the attempt', async () => {
    const tree = (await git(['rev-parse', `${head}^{tree}`], { cwd: folder })).trim();
    expect(await CommitSource.open(folder, tree, {})).toBeUndefined();
    expect(await CommitSource.open(folder, 'f'.repeat(40), {})).toBeUndefined();
  });

  it('knows where a branch is at the moment of asking', async () => {
    using source = await CommitSource.open(folder, head, {});
    expect(await source?.branchHead('main')).toBe(head);
    expect(await source?.branchHead('other')).toBeUndefined();
    await git(['update-ref', 'refs/heads/other', head], { cwd: folder });
    expect(await source?.branchHead('other')).toBe(head);
  });
});
