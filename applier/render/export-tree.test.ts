import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ByteString, byteString, fileIn } from '../../base/byte-string.ts';
import type { ManifestSource, SourceFile } from '../types.ts';
import { exportTree, exportTreeWithRepository } from './export-tree.ts';

let into: string;

beforeEach(async () => {
  into = await mkdtemp(join(tmpdir(), 'gitkube-checkout-'));
});
afterEach(() => rm(into, { recursive: true, force: true }));

type Name = string | Buffer;
type Entry = string | { readonly link: string } | { readonly bytes: number } | 'submodule';

/** A commit as a hostile client may have made it: names that git itself would not let anybody commit. */
function source(named: readonly (readonly [path: Name, entry: Entry])[]): ManifestSource {
  const entries = named.map(([name, entry]) => [byteString(Buffer.from(name)), entry] as const);
  const contents = entries.map(([, entry]) =>
    typeof entry === 'string' ? entry : 'link' in entry ? entry.link : 'x'.repeat(3),
  );
  return {
    entry: async () => ({ kind: 'tree' }),
    list: async (folder) =>
      entries.flatMap(([path, entry], index): SourceFile[] => {
        const below =
          folder === '.'
            ? path
            : path.startsWith(`${folder}/`)
              ? (path.slice(folder.length + 1) as ByteString)
              : undefined;
        if (below === undefined) return [];
        const isLink = typeof entry === 'object' && 'link' in entry;
        const kind = entry === 'submodule' ? 'submodule' : isLink ? 'symlink' : 'blob';
        const bytes =
          typeof entry === 'object' && 'bytes' in entry ? entry.bytes : Buffer.byteLength(contents[index] ?? '');
        return [{ path: below, kind, oid: String(index), bytes }];
      }),
    readBlob: async (oid) => Buffer.from(contents[Number(oid)] ?? ''),
  };
}

describe('the files of a commit', () => {
  it('are written with their symlinks and without submodules', async () => {
    const commit = source([
      ['k8s/a.yaml', 'a'],
      ['k8s/b/c.yaml', 'c'],
      ['k8s/b/link.yaml', { link: '../a.yaml' }],
      ['k8s/module', 'submodule'],
      ['other.yaml', 'o'],
    ]);
    const { files, folder } = await exportTree(commit, 'k8s', into);
    expect(files).toEqual(['a.yaml', 'b/c.yaml', 'b/link.yaml']);
    expect(await readFile(join(folder, 'b/link.yaml'), 'utf8')).toBe('a');
  });

  it.each<[string, Entry, string]>([
    ['k8s/../../out', 'x', 'is not a file name'],
    ['k8s/./a', 'x', 'is not a file name'],
    ['k8s//a', 'x', 'is not a file name'],
    [`k8s/${'n'.repeat(300)}`, 'x', 'cannot be a file here'],
    [`k8s/${'n/'.repeat(600)}a`, 'x', 'is not a file name'],
    ['k8s/a', { link: '/etc/passwd' }, 'is a symlink that leads out of it, to /etc/passwd'],
    ['k8s/a', { link: '../../etc/passwd' }, 'is a symlink that leads out of it'],
    ['k8s/big.yaml', { bytes: 9 * 1024 ** 2 }, 'is too large'],
  ])('are refused with one of the path %s', async (path, entry, why) => {
    await expect(exportTree(source([[path, entry]]), 'k8s', into)).rejects.toThrow(why);
  });

  it('have the bytes of the commit for names, of folders, files and symlinks', async () => {
    const bytes = (text: string) => Buffer.from(text, 'latin1');
    const { files, folder } = await exportTree(
      source([
        [bytes('k8s/caf\u00e8/a.yaml'), 'first'],
        [bytes('k8s/caf\u00e9/a.yaml'), 'second'],
        ['k8s/grün.yaml', 'third'],
        ['k8s/link', { link: 'grün.yaml' }],
      ]),
      'k8s',
      into,
    );
    const contents = await Promise.all(files.map((name) => readFile(fileIn(folder, name), 'utf8')));
    expect(contents).toEqual(['first', 'second', 'third', 'third']);
    expect(await readdir(into, 'buffer')).toEqual(
      expect.arrayContaining([bytes('caf\u00e8'), bytes('caf\u00e9'), Buffer.from('grün.yaml')]),
    );
  });

  it('are refused when one is a symlink and a folder at once, and nothing is written through it', async () => {
    const both = source([
      ['k8s/a', { link: '..' }],
      ['k8s/a/b', 'x'],
    ]);
    await expect(exportTree(both, 'k8s', into)).rejects.toThrow('k8s/a is a symlink that leads out of it');
    const inside = source([
      ['k8s/a', { link: 'c' }],
      ['k8s/a/b', 'x'],
      ['k8s/c/d', 'y'],
    ]);
    await expect(exportTree(inside, 'k8s', join(into, 'again'))).rejects.toThrow('k8s/a cannot be a symlink here');
  });

  it('are refused when there are too many of them, or too large ones', async () => {
    const many = source(Array.from({ length: 5001 }, (_, index) => [`k8s/${index}`, 'x'] as const));
    await expect(exportTree(many, 'k8s', into)).rejects.toThrow("'k8s' is too large for manifests: over 5000 files");
    const large = source(Array.from({ length: 5 }, (_, index) => [`k8s/${index}`, { bytes: 7 * 1024 ** 2 }] as const));
    await expect(exportTree(large, 'k8s', into)).rejects.toThrow('over 32 MiB');
  });

  it('around a kustomization are written as far as they are small and valid', async () => {
    const commit = source([
      ['base/kustomization.yaml', 'b'],
      ['k8s/kustomization.yaml', 'k'],
      ['k8s/link', { link: '../base' }],
      ['out', { link: '/etc' }],
      ['video.mp4', { bytes: 2 * 1024 ** 2 }],
    ]);
    const { files, folder, top } = await exportTreeWithRepository(commit, 'k8s', into);
    expect(files).toEqual(['kustomization.yaml', 'link']);
    expect(await readlink(join(folder, 'link'))).toBe('../base');
    await expect(readlink(join(top, 'out'))).rejects.toThrow('ENOENT');
    await expect(readFile(join(top, 'video.mp4'))).rejects.toThrow('ENOENT');
  });
});
