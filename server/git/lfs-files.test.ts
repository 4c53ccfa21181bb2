import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOfBytes } from '../../base/byte-string.ts';
import type { ArchiveFormat, SourceTree } from '../../builder/index.ts';
import { GitFixture } from '../../test/support/git-source.ts';

let repository: GitFixture;
beforeAll(() => {
  repository = new GitFixture();
  // Where the client of Git LFS is set up for all repositories, it would make pointers of its own.
  for (const key of ['process', 'clean', 'smudge']) repository.git('config', `filter.lfs.${key}`, '');
  repository.git('config', 'filter.lfs.required', 'false');
});
afterAll(() => repository[Symbol.dispose]());

const pointerTo = (hex: string, size = 12) =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${hex.repeat(64)}\nsize ${size}\n`;

async function namesOf(source: SourceTree): Promise<string[]> {
  return (await source.lfsFiles()).map(({ path }) => textOfBytes(path));
}

describe('the files of Git LFS of a commit', () => {
  it('are pointers that an attribute of any folder gives to lfs, and nothing else', async () => {
    const source = repository.commit({
      '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\nplain.bin -filter\n',
      'a.bin': pointerTo('a'),
      'deep/er/b.bin': pointerTo('b'),
      'deep/.gitattributes': '*.dat filter=lfs\n',
      'deep/c.dat': pointerTo('c'),
      'c.dat': pointerTo('c'),
      'plain.bin': pointerTo('d'),
      'real.bin': 'the content itself, as of somebody without the filter'.repeat(4),
      'naïve ☃.bin': pointerTo('e'),
    });
    expect((await namesOf(source)).sort()).toEqual(['a.bin', 'deep/c.dat', 'deep/er/b.bin', 'naïve ☃.bin']);
    expect((await source.lfsFiles()).find(({ path }) => path === 'a.bin')).toMatchObject({
      oid: 'a'.repeat(64),
      size: 12,
      blob: repository.git('rev-parse', 'HEAD:a.bin'),
    });
  });

  it('are none where no attribute names lfs', async () => {
    using other = new GitFixture();
    expect(await namesOf(other.commit({ 'a.bin': pointerTo('a') }))).toEqual([]);
    expect(await namesOf(other.commit({ '.gitattributes': '*.bin text\n' }))).toEqual([]);
  });
});

it('what a blob stands for is read in its place, with its own size, wherever the blob is', async () => {
  using other = new GitFixture();
  const source = other.commit({ 'a.bin': pointerTo('a'), 'b/same.bin': pointerTo('a'), 'c.txt': 'plain' });
  const large = 'content '.repeat(3_000_000);
  const file = join(other.folder, '.git', 'content');
  await writeFile(file, large);
  const blob = other.git('rev-parse', 'HEAD:a.bin');
  const tree = other.git('rev-parse', 'HEAD^{tree}');
  const names: string[] = [];
  const format: ArchiveFormat = {
    maxSymlinkBytes: 0,
    wants: () => true,
    folder: () => Buffer.alloc(0),
    symlink: () => Buffer.alloc(0),
    file: ({ path }, bytes) => {
      names.push(`${path} ${bytes}`);
      return Buffer.alloc(0);
    },
    behindFile: () => Buffer.alloc(0),
    tooLarge: () => {
      throw new Error('too large');
    },
    end: () => Buffer.alloc(0),
  };
  await using contents = await source.openContents({ files: new Map([[blob, file]]) });
  expect(await text(source.archive(tree, format, contents))).toBe(`${large}plain${large}`);
  expect(names).toEqual([`a.bin ${large.length}`, 'c.txt 5', `b/same.bin ${large.length}`]);
  expect(other.git('count-objects', '-v')).toMatch(/^count: [0-9]\n/m);
});
