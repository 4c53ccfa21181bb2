import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContextFixture, type File, ignoring, type Mode } from '../../test/support/context-fixture.ts';
import { reservedDockerfile } from './context.ts';

let context: ContextFixture;

beforeAll(() => {
  context = new ContextFixture();
});
afterAll(() => context[Symbol.asyncDispose]());

describe('the build context', () => {
  it('has content, symlinks and folders, with modes and times that depend on the commit alone', async () => {
    const files: File[] = [
      ['a', 'text'],
      ['bin/run', 'run', '100755'],
      ['bin/link', '../../etc/passwd', '120000'],
      ['module', '', '160000'],
    ];
    const found = await context.entries(files);
    expect(found.map(({ path, mode, type }) => [path.toString(), type, mode])).toEqual([
      ['module/', '5', 0o755],
      ['a', '0', 0o644],
      ['bin/', '5', 0o755],
      ['bin/link', '2', 0o777],
      ['bin/run', '0', 0o755],
    ]);
    expect(new Set(found.map((entry) => entry.mtime))).toEqual(new Set([context.mtime.getTime() / 1000]));
    expect(found.map(({ blob }) => blob)).toEqual(
      ['', 'text', '', '../../etc/passwd', 'run'].map((text) => context.blobOf(text)),
    );
  });

  const attributes = [
    'a export-ignore',
    'docs export-ignore',
    '* export-subst text eol=crlf ident',
    '*.utf16 working-tree-encoding=UTF-16',
    '*.big filter=lfs diff=lfs merge=lfs -text',
    '[attr]gone export-ignore',
    'b gone',
  ].join('\n');

  it('is the commit, whatever its .gitattributes say', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
    const files: File[] = [
      ['.gitattributes', attributes],
      ['a', '$Format:%H$ $Id$\n'],
      ['b', 'b\r\n\n'],
      ['c.utf16', 'grün\n'],
      ['docs/.gitattributes', '* export-ignore\n'],
      ['docs/d', '$Id$\n'],
      ['movie.big', pointer],
    ];
    const found = (await context.entries(files)).filter(({ type }) => type === '0');
    const expected = files.map(([path, content = '']) => [String(path), context.blobOf(content)]);
    expect(found.map(({ path, blob }) => [path.toString(), blob]).sort()).toEqual(expected.sort());
  });

  it('keeps names that are not UTF-8, and those that would be equal when decoded', async () => {
    const bytes = ['caf\u00e9', 'caf\u00e8', '\u00ff\u00fe', 'n\nl', 'b\\s', 'q"'].map((name) =>
      Buffer.from(name, 'latin1'),
    );
    const found = await context.entries(bytes.map((name) => [name, 'x'] as const));
    expect(found.map(({ path }) => path.toString('latin1')).sort()).toEqual(
      bytes.map((name) => name.toString('latin1')).sort(),
    );
  });

  it.each([99, 100, 101, 255])('has names of %i bytes', async (length) => {
    const long = Buffer.alloc(length, 0xe9);
    const found = await context.entries([
      [long, 'x'],
      [Buffer.concat([Buffer.from('d/'), long]), long, '120000'],
    ]);
    expect(found.map(({ path, blob }) => [path.toString('latin1'), blob])).toEqual([
      ['d/', context.blobOf('')],
      [long.toString('latin1'), context.blobOf('x')],
      [`d/${long.toString('latin1')}`, context.blobOf(long)],
    ]);
  });

  it('is what git ls-tree lists, byte for byte', async () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 120 })
      .map((bytes) => Buffer.from(bytes.map((byte) => ([0, 0x2f].includes(byte) ? 0x61 : byte))))
      .filter((bytes) => !['.', '..'].includes(bytes.toString()) && !/^\.?git/i.test(bytes.toString()));
    const plain = fc
      .constantFrom('a', 'src', '.gitattributes', 'lib', 'x.txt', 'é', '\u00e9')
      .map((text) => Buffer.from(text));
    const path = fc
      .array(fc.oneof({ weight: 2, arbitrary: plain }, name), { minLength: 1, maxLength: 4 })
      .map((steps) => Buffer.concat(steps.flatMap((step, index) => (index === 0 ? [step] : [Buffer.from('/'), step]))));
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('$Id$\r\n', '$Format:%H$', 'version https://git-lfs.github.com/spec/v1\n', attributes)
        .map((text) => Buffer.from(text)),
    );
    const target = fc
      .uint8Array({ minLength: 1, maxLength: 300 })
      .map((bytes) => Buffer.from(bytes.map((byte) => byte || 1)));
    const file = fc.oneof(
      fc.tuple(path, content, fc.constantFrom<Mode>('100644', '100755')),
      fc.tuple(path, target, fc.constant<Mode>('120000')),
      fc.tuple(path, fc.constant(Buffer.alloc(0)), fc.constant<Mode>('160000')),
    );
    const large = { maxContextBytes: 1e6, maxContextEntries: 1000 };
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 12 }), async (files) => {
        const oid = context.tree(files);
        const listed = context.git(['ls-tree', '-r', '-z', oid]).toString('latin1').split('\0').filter(Boolean);
        const found = await context.read(oid, { limits: large });
        const described = found.flatMap(({ type, path: at, mode, blob }) => {
          const text = at.toString('latin1');
          if (type === '0') return [`${mode === 0o755 ? '100755' : '100644'} blob ${blob}\t${text}`];
          if (type === '2') return [`120000 blob ${blob}\t${text}`];
          const isEmpty = !found.some(
            (other) => other.path.toString('latin1').startsWith(text) && other.path.length > at.length,
          );
          return isEmpty && text !== './' ? [`160000 commit ${'1'.repeat(40)}\t${text.slice(0, -1)}`] : [];
        });
        expect(described.sort()).toEqual(listed.sort());
      }),
      { numRuns: 60 },
    );
  });

  it('lacks what is ignored, but never what is kept', async () => {
    const files: File[] = [['Dockerfile'], ['drop'], ['keep']];
    expect(await context.names(files, { ignore: ignoring('*\n!keep') })).toEqual(['Dockerfile', 'keep']);
    const below: File[] = [['docker/Dockerfile'], ['docker/other'], ['x']];
    expect(await context.names(below, { ignore: ignoring('docker'), keep: ['docker/Dockerfile'] })).toEqual([
      'x',
      'docker/',
      'docker/Dockerfile',
    ]);
  });

  it('has an ignored folder when something below it is not ignored, and has it first', async () => {
    const files: File[] = [
      ['a/b/c', 'c'],
      ['a/b/d', 'd'],
      ['b/e', 'e'],
    ];
    expect(await context.names(files, { ignore: ignoring('a\nb\n!a/b/c') })).toEqual(['a/', 'a/b/', 'a/b/c']);
  });

  it('has its own folder when everything is ignored, as an engine does not accept an empty tar', async () => {
    const names = (files: File[], ignored: string) => context.names(files, { ignore: ignoring(ignored), keep: [] });
    expect(await names([['Dockerfile'], ['a/b']], '*')).toEqual(['./']);
    expect(await names([['a/b']], '*\n!a/c')).toEqual(['./']);
    expect(await names([], '')).toEqual(['./']);
  });

  it('has an extra file instead of one of the same name', async () => {
    const extra = [{ name: reservedDockerfile, content: Buffer.from('FROM scratch') }];
    const found = await context.entries([[reservedDockerfile, 'evil']], { extra });
    expect(found.map(({ path, blob }) => [path.toString(), blob])).toEqual([
      [reservedDockerfile, context.blobOf('FROM scratch')],
    ]);
  });

  it('of a commit of any date has a date that a tar can hold', async () => {
    const times = [Number.NaN, -5000, 8e15].map((time) => new Date(time));
    const found = await Promise.all(times.map((time) => context.entries([['a']], { mtime: time })));
    expect(found.map(([entry]) => entry?.mtime)).toEqual([0, 0, 0o77777777777]);
  });
});
