import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContextFixture, type File, ignoring } from '../../test/support/context-fixture.ts';

let context: ContextFixture;

beforeAll(() => {
  context = new ContextFixture();
});
afterAll(() => context[Symbol.asyncDispose]());

const deep = Array.from({ length: 8 }, () => 'd'.repeat(200)).join('/');

describe('the limits of the build context', () => {
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
  ])('refuse one that %s, and end git', async (message, reason, files) => {
    const many = /entries|paths|0 MB/.test(message) ? context.limits : { ...context.limits, maxContextEntries: 9999 };
    const stream = context.archive(context.tree(files), { limits: many });
    const failure = await buffer(stream).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason, message: expect.stringContaining(message) });
    expect(stream.destroyed).toBe(true);
  });

  it('hold for a tree that contains itself, though all of it is ignored', async () => {
    let oid = context.tree([['f', 'x']]);
    for (let level = 0; level < 12; level++) {
      const entry = (name: number) => `040000 tree ${oid}\t${name}\n`;
      oid = context
        .git(['mktree'], Buffer.from(Array.from({ length: 9 }, (_, name) => entry(name)).join('')))
        .toString()
        .trim();
    }
    await expect(buffer(context.archive(oid, { ignore: ignoring('*\n!**/never') }))).rejects.toMatchObject({
      reason: 'ContextTooLarge',
    });
    const found = await context.read(oid, { ignore: ignoring('*') });
    expect(found.map(({ path }) => path.toString())).toEqual(['./']);
  });

  it('hold for the paths in memory, though all of them are ignored', async () => {
    const stream = context.archive(context.tree([[deep, 'x']]), { ignore: ignoring('*\n!**/never') });
    await expect(buffer(stream)).rejects.toMatchObject({ message: expect.stringContaining('bytes of paths') });
  });

  it('do not count what is ignored', async () => {
    const files: File[] = [
      ['big', 'x'.repeat(5000)],
      ['a', 'x'],
    ];
    expect(await context.names(files, { ignore: ignoring('big') })).toEqual(['a']);
  });

  it('come with an error that names the path of an object that is missing or of another kind', async () => {
    const file = context.blobOf('nobody wrote this');
    const missing = context
      .git(['mktree', '--missing'], Buffer.from(`100644 blob ${file}\ta\n`))
      .toString()
      .trim();
    await expect(buffer(context.archive(missing))).rejects.toThrow(/^git cat-file found '[0-9a-f]+ missing' at 'a'$/);
    const other = context.tree([['b', 'text']]);
    const disguised = context.git(['cat-file', 'tree', other]);
    const name = context.git(
      ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'],
      Buffer.concat([Buffer.from('40000 d\0'), disguised.subarray(-20)]),
    );
    await expect(buffer(context.archive(name.toString().trim()))).rejects.toThrow(
      /^git cat-file found '[0-9a-f]+ blob 4' at 'd'$/,
    );
  });

  it('come with an end of git when the engine stops reading', async () => {
    const stream = context.archive(context.tree([['a', Buffer.alloc(1 << 20)]]), {
      limits: { ...context.limits, maxContextBytes: 1e9 },
    });
    stream.on('error', () => {});
    await once(stream, 'readable');
    stream.destroy();
    if (!stream.closed) await once(stream, 'close');
    expect(stream.destroyed).toBe(true);
  });
});
