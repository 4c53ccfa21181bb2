import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveTree } from '../server/git/archive.ts';
import { DockerOracle, type TarEntry } from '../test/support/docker-oracle.ts';
import { type ContextOptions, ContextTar, reservedDockerfile } from './context.ts';
import { DockerIgnore } from './dockerignore.ts';

let folder: string;
let docker: DockerOracle;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gitkube-context-'));
  git(['init', '-q', '--bare', '.']);
  docker = new DockerOracle();
});
afterAll(async () => {
  await docker[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function git(args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('git', args, { cwd: folder, input: input ?? '', maxBuffer: 1 << 30 });
}

type Mode = '100644' | '100755' | '120000' | '160000';
type File = readonly [path: string | Buffer, content?: string | Buffer, mode?: Mode];

/** Any tree that git can hold, by git fast-import; the id of the tree. */
function tree(files: readonly File[]): string {
  const parts: Buffer[] = [Buffer.from('commit refs/heads/x\ncommitter t <t> 0 +0000\ndata 0\n')];
  for (const [path, content = '', mode = '100644'] of files) {
    const quoted = Buffer.from(path)
      .toString('latin1')
      .replace(/["\\\n]/g, escaped);
    const submodule = mode === '160000';
    parts.push(Buffer.from(`M ${mode} ${submodule ? '1'.repeat(40) : 'inline'} "${quoted}"\n`, 'latin1'));
    if (!submodule)
      parts.push(Buffer.from(`data ${Buffer.byteLength(content)}\n`), Buffer.from(content), Buffer.from('\n'));
  }
  git(['fast-import', '--quiet', '--force'], Buffer.concat(parts));
  return git(['rev-parse', 'refs/heads/x^{tree}']).toString().trim();
}

const escaped = (char: string) => (char === '\n' ? '\\n' : `\\${char}`);
const mtime = new Date('2026-01-02T03:04:05Z');
const limits = { maxContextBytes: 1000, maxContextEntries: 10 };
const deep = Array.from({ length: 8 }, () => 'd'.repeat(200)).join('/');

function archive(oid: string, change: Partial<ContextOptions> = {}) {
  const options = { path: 'web', keep: ['Dockerfile'], extra: [], mtime, limits, ...change };
  return archiveTree(oid, new ContextTar(options), { cwd: folder });
}

async function entries(files: readonly File[], change: Partial<ContextOptions> = {}): Promise<TarEntry[]> {
  return docker.readTar(await buffer(archive(tree(files), change)));
}

async function names(files: readonly File[], change: Partial<ContextOptions> = {}): Promise<string[]> {
  return (await entries(files, change)).map(({ path }) => path.toString());
}

function blobOf(content: string | Buffer): string {
  return git(['hash-object', '--stdin', '--no-filters'], Buffer.from(content)).toString().trim();
}

function ignoring(text: string): DockerIgnore {
  return new DockerIgnore(Buffer.from(text));
}

describe('the build context', () => {
  it('has content, symlinks and folders, with modes and times that depend on the commit alone', async () => {
    const files: File[] = [
      ['a', 'text'],
      ['bin/run', 'run', '100755'],
      ['bin/link', '../../etc/passwd', '120000'],
      ['module', '', '160000'],
    ];
    const found = await entries(files);
    expect(found.map(({ path, mode, type }) => [path.toString(), type, mode])).toEqual([
      ['module/', '5', 0o755],
      ['a', '0', 0o644],
      ['bin/', '5', 0o755],
      ['bin/link', '2', 0o777],
      ['bin/run', '0', 0o755],
    ]);
    expect(new Set(found.map((entry) => entry.mtime))).toEqual(new Set([mtime.getTime() / 1000]));
    expect(found.map(({ blob }) => blob)).toEqual(['', 'text', '', '../../etc/passwd', 'run'].map(blobOf));
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
    const found = (await entries(files)).filter(({ type }) => type === '0');
    const expected = files.map(([path, content = '']) => [String(path), blobOf(content)]);
    expect(found.map(({ path, blob }) => [path.toString(), blob]).sort()).toEqual(expected.sort());
  });

  it('keeps names that are no UTF-8, and those that would be one when decoded', async () => {
    const bytes = ['caf\u00e9', 'caf\u00e8', '\u00ff\u00fe', 'n\nl', 'b\\s', 'q"'].map((name) =>
      Buffer.from(name, 'latin1'),
    );
    const found = await entries(bytes.map((name) => [name, 'x'] as const));
    expect(found.map(({ path }) => path.toString('latin1')).sort()).toEqual(
      bytes.map((name) => name.toString('latin1')).sort(),
    );
  });

  it.each([99, 100, 101, 255])('has names of %i bytes', async (length) => {
    const long = Buffer.alloc(length, 0xe9);
    const found = await entries([
      [long, 'x'],
      [Buffer.concat([Buffer.from('d/'), long]), long, '120000'],
    ]);
    expect(found.map(({ path, blob }) => [path.toString('latin1'), blob])).toEqual([
      ['d/', blobOf('')],
      [long.toString('latin1'), blobOf('x')],
      [`d/${long.toString('latin1')}`, blobOf(long)],
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
        const oid = tree(files);
        const listed = git(['ls-tree', '-r', '-z', oid]).toString('latin1').split('\0').filter(Boolean);
        const found = await docker.readTar(await buffer(archive(oid, { limits: large })));
        const described = found.flatMap(({ type, path: at, mode, blob }) => {
          const text = at.toString('latin1');
          if (type === '0') return [`${mode === 0o755 ? '100755' : '100644'} blob ${blob}\t${text}`];
          if (type === '2') return [`120000 blob ${blob}\t${text}`];
          const isEmpty = !found.some(
            (other) => other.path.toString('latin1').startsWith(text) && other.path.length > at.length,
          );
          return isEmpty ? [`160000 commit ${'1'.repeat(40)}\t${text.slice(0, -1)}`] : [];
        });
        expect(described.sort()).toEqual(listed.sort());
      }),
      { numRuns: 60 },
    );
  });

  it('lacks what is ignored, but never the Dockerfile', async () => {
    const files: File[] = [['Dockerfile'], ['drop'], ['keep']];
    expect(await names(files, { ignore: ignoring('*\n!keep') })).toEqual(['Dockerfile', 'keep']);
    const below: File[] = [['docker/Dockerfile'], ['docker/other'], ['x']];
    expect(await names(below, { ignore: ignoring('docker'), keep: ['docker/Dockerfile'] })).toEqual([
      'x',
      'docker/',
      'docker/Dockerfile',
    ]);
  });

  it('has an ignored folder when something below it is not ignored, and before that', async () => {
    const files: File[] = [
      ['a/b/c', 'c'],
      ['a/b/d', 'd'],
      ['b/e', 'e'],
    ];
    expect(await names(files, { ignore: ignoring('a\nb\n!a/b/c') })).toEqual(['a/', 'a/b/', 'a/b/c']);
  });

  it('has an extra file in the place of one of the same name', async () => {
    const extra = [{ name: reservedDockerfile, content: Buffer.from('FROM scratch') }];
    const found = await entries([[reservedDockerfile, 'evil']], { extra });
    expect(found.map(({ path, blob }) => [path.toString(), blob])).toEqual([
      [reservedDockerfile, blobOf('FROM scratch')],
    ]);
  });

  it.each<[string, string, readonly File[]]>([
    [
      'over 0 MB',
      'ContextTooLarge',
      [
        ['a', 'x'.repeat(600)],
        ['b', 'x'.repeat(600)],
      ],
    ],
    ['over 10 entries', 'ContextTooLarge', Array.from({ length: 11 }, (_, n) => [`f${n}`] as const)],
    ['over 5000 bytes of paths', 'ContextTooLarge', [[deep, 'x']]],
    ['is longer than 4096 bytes', 'ContextInvalid', [[`${'d/'.repeat(2100)}f`, 'x']]],
    ['has a name of more than 255 bytes', 'ContextInvalid', [['n'.repeat(256), 'x']]],
    ['is a symlink to nothing', 'ContextInvalid', [['l', '', '120000']]],
    ['has a NUL in it', 'ContextInvalid', [['l', 'a\0b', '120000']]],
    ['longer than 4095 bytes', 'ContextInvalid', [['l', 'x'.repeat(4096), '120000']]],
  ])('that %s is refused, and git ends', async (message, reason, files) => {
    const many = /entries|paths|0 MB/.test(message) ? limits : { ...limits, maxContextEntries: 9999 };
    const stream = archive(tree(files), { limits: many });
    const failure = await buffer(stream).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason, message: expect.stringContaining(message) });
    expect(stream.destroyed).toBe(true);
  });

  it('is not held up by a tree that has itself for folders, though all of it is ignored', async () => {
    let oid = tree([['f', 'x']]);
    for (let level = 0; level < 12; level++) {
      const entry = (name: number) => `040000 tree ${oid}\t${name}\n`;
      oid = git(['mktree'], Buffer.from(Array.from({ length: 9 }, (_, name) => entry(name)).join('')))
        .toString()
        .trim();
    }
    await expect(buffer(archive(oid, { ignore: ignoring('*\n!**/never') }))).rejects.toMatchObject({
      reason: 'ContextTooLarge',
    });
    const found = await docker.readTar(await buffer(archive(oid, { ignore: ignoring('*') })));
    expect(found).toEqual([]);
  });

  it('keeps no paths without end in memory, though all of them are ignored', async () => {
    const stream = archive(tree([[deep, 'x']]), { ignore: ignoring('*\n!**/never') });
    await expect(buffer(stream)).rejects.toMatchObject({ message: expect.stringContaining('bytes of paths') });
  });

  it('does not count what is ignored', async () => {
    const files: File[] = [
      ['big', 'x'.repeat(5000)],
      ['a', 'x'],
    ];
    expect(await names(files, { ignore: ignoring('big') })).toEqual(['a']);
  });

  it('of a commit of any time has a time that a tar can hold', async () => {
    const times = [Number.NaN, -5000, 8e15].map((time) => new Date(time));
    const found = await Promise.all(times.map((time) => entries([['a']], { mtime: time })));
    expect(found.map(([entry]) => entry?.mtime)).toEqual([0, 0, 0o77777777777]);
  });

  it('fails when an object is missing or is of another kind, and names where', async () => {
    const file = blobOf('nobody wrote this');
    const missing = git(['mktree', '--missing'], Buffer.from(`100644 blob ${file}\ta\n`))
      .toString()
      .trim();
    await expect(buffer(archive(missing))).rejects.toThrow(/^git cat-file found '[0-9a-f]+ missing' at 'a'$/);
    const other = tree([['b', 'text']]);
    const disguised = git(['cat-file', 'tree', other]);
    const name = git(
      ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'],
      Buffer.concat([Buffer.from('40000 d\0'), disguised.subarray(-20)]),
    );
    await expect(buffer(archive(name.toString().trim()))).rejects.toThrow(
      /^git cat-file found '[0-9a-f]+ blob 4' at 'd'$/,
    );
  });

  it('ends git when the engine stops reading', async () => {
    const stream = archive(tree([['a', Buffer.alloc(1 << 20)]]), { limits: { ...limits, maxContextBytes: 1e9 } });
    stream.on('error', () => {});
    await once(stream, 'readable');
    stream.destroy();
    if (!stream.closed) await once(stream, 'close');
    expect(stream.destroyed).toBe(true);
  });
});
