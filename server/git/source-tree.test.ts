import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { git } from './git-command.ts';
import { CommitSource } from './source-tree.ts';
import { findInTree } from './tree.ts';

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

  it('are listed, also when there are very many', async () => {
    const blob = (await git(['rev-parse', `${head}:a*`], { cwd: folder })).trim();
    const names = Array.from({ length: 80_000 }, (_, index) => `${index}`.padStart(200, '0'));
    const input = names.map((name) => `100644 blob ${blob}\t${name}\n`).join('');
    const tree = (await git(['mktree'], { cwd: folder, input })).trim();
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
    const commit = (await git([...identity, 'commit-tree', tree, '-m', 'x'], { cwd: folder })).trim();
    using source = await CommitSource.open(folder, commit, {});
    expect(await source?.list('.')).toHaveLength(names.length);
  });

  it('are read up to a limit', async () => {
    using source = await CommitSource.open(folder, head, {});
    const { oid = '' } = (await source?.entry('a/deep folder/Dockerfile')) ?? {};
    expect((await source?.readBlob(oid, 100))?.toString()).toBe('FROM scratch\n');
    await expect(source?.readBlob(oid, 5)).rejects.toThrow('more than 5');
  });

  it('larger than the limit do not keep the next ones from being read', async () => {
    await writeFile(join(folder, 'large'), 'x'.repeat(300_000));
    await git(['add', '-A'], { cwd: folder });
    const oid = (await git(['rev-parse', ':large'], { cwd: folder })).trim();
    using source = await CommitSource.open(folder, head, {});
    await expect(source?.readBlob(oid, 299_999)).rejects.toThrow('a file has 300000 bytes, more than 299999');
    expect((await source?.readBlob(oid, 300_000))?.length).toBe(300_000);
  });

  it('are found by their bytes, and with any mode that an old client wrote', async () => {
    const blob = (await git(['hash-object', '-w', '--stdin'], { cwd: folder, input: 'x' })).trim();
    const raw = Buffer.from(blob, 'hex');
    const entry = (mode: string, name: Buffer) => Buffer.concat([Buffer.from(`${mode} `), name, Buffer.from([0]), raw]);
    const body = Buffer.concat([
      entry('100664', Buffer.from('a')),
      entry('100600', Buffer.from('b')),
      entry('100644', Buffer.from('caf\u00e9', 'latin1')),
    ]);
    expect(findInTree(body, 'a', 20)).toEqual({ kind: 'blob', oid: blob });
    expect(findInTree(body, 'b', 20)).toEqual({ kind: 'blob', oid: blob });
    expect(findInTree(body, 'caf\ufffd', 20)).toBeUndefined();
    expect(findInTree(body, 'caf', 20)).toBeUndefined();
  });

  it('have the parents of the header, not those that the message names', async () => {
    const text = `tree ${(await git(['rev-parse', `${head}^{tree}`], { cwd: folder })).trim()}
parent ${head}
author t <t@example.com> 0 +0000
committer t <t@example.com> 7 +0000

parent ${'f'.repeat(40)}
`;
    const oid = (await git(['hash-object', '-t', 'commit', '-w', '--stdin'], { cwd: folder, input: text })).trim();
    using source = await CommitSource.open(folder, oid, {});
    expect(source?.parents).toEqual([head]);
    expect(source?.commitTime).toEqual(new Date(7000));
  });

  it('are refused for a tree, and nothing is left of the attempt', async () => {
    const tree = (await git(['rev-parse', `${head}^{tree}`], { cwd: folder })).trim();
    expect(await CommitSource.open(folder, tree, {})).toBeUndefined();
    expect(await CommitSource.open(folder, 'f'.repeat(40), {})).toBeUndefined();
  });

  it('are those of the branch at the time of the question', async () => {
    using source = await CommitSource.open(folder, head, {});
    expect(await source?.branchHead('main')).toBe(head);
    expect(await source?.branchHead('other')).toBeUndefined();
    await git(['update-ref', 'refs/heads/other', head], { cwd: folder });
    expect(await source?.branchHead('other')).toBe(head);
  });
});
