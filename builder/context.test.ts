import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { type ContextOptions, contextStream, reservedDockerfile } from './context.ts';
import { DockerIgnore } from './dockerignore.ts';

const mtime = new Date('2026-01-02T03:04:05Z');
const limits = { maxContextBytes: 1000, maxContextEntries: 10 };

function options(change: Partial<ContextOptions> = {}): ContextOptions {
  return { path: 'web', keep: ['Dockerfile'], extra: [], mtime, limits, ...change };
}

type Entry = Parameters<ReturnType<typeof pack>['entry']>[0] & { content?: string };

function tar(entries: readonly Entry[]): Readable {
  const out = pack();
  for (const { content = '', ...header } of entries) out.entry({ mtime: new Date(), ...header }, content);
  out.finalize();
  return Readable.from(out, { objectMode: false });
}

async function read(stream: Readable) {
  const source = extract();
  source.end(await buffer(stream));
  const entries = [];
  for await (const entry of source) entries.push({ header: entry.header, content: String(await buffer(entry)) });
  return entries;
}

async function names(entries: readonly Entry[], change: Partial<ContextOptions> = {}): Promise<string[]> {
  return (await read(contextStream(tar(entries), options(change)))).map(({ header }) => header.name);
}

describe('contextStream', () => {
  it('sends content, symlinks and folders, with modes and times that depend on the commit alone', async () => {
    const entries = await read(
      contextStream(
        tar([
          { name: 'bin/', type: 'directory', mode: 0o775 },
          { name: 'bin/run', mode: 0o775, content: 'run' },
          { name: 'a', mode: 0o664, uid: 7, content: 'text' },
          { name: 'link', type: 'symlink', linkname: '../../etc/passwd' },
        ]),
        options(),
      ),
    );
    expect(
      entries.map(({ header: { name, mode, type, linkname, uid, mtime: time }, content }) => [
        name,
        mode,
        type,
        linkname,
        uid,
        time?.toISOString(),
        content,
      ]),
    ).toEqual([
      ['bin/', 0o755, 'directory', null, 0, mtime.toISOString(), ''],
      ['bin/run', 0o755, 'file', null, 0, mtime.toISOString(), 'run'],
      ['a', 0o644, 'file', null, 0, mtime.toISOString(), 'text'],
      ['link', 0o644, 'symlink', '../../etc/passwd', 0, mtime.toISOString(), ''],
    ]);
  });

  it('leaves out what is ignored, but never the Dockerfile', async () => {
    const ignore = new DockerIgnore(Buffer.from('*\n!keep'));
    expect(await names([{ name: 'Dockerfile' }, { name: 'drop' }, { name: 'keep' }], { ignore })).toEqual([
      'Dockerfile',
      'keep',
    ]);
  });

  it('sends an ignored folder when something below it is not ignored, and before that', async () => {
    const ignore = new DockerIgnore(Buffer.from('a\nb\n!a/b/c'));
    const entries: Entry[] = [
      { name: 'a/', type: 'directory' },
      { name: 'a/b/', type: 'directory' },
      { name: 'a/b/c', content: 'c' },
      { name: 'a/b/d', content: 'd' },
      { name: 'b/', type: 'directory' },
      { name: 'b/e', content: 'e' },
    ];
    expect(await names(entries, { ignore })).toEqual(['a/', 'a/b/', 'a/b/c']);
  });

  it('puts an extra file in the place of one of the same name', async () => {
    const extra = [{ name: reservedDockerfile, content: Buffer.from('FROM scratch') }];
    const entries = await read(contextStream(tar([{ name: reservedDockerfile, content: 'evil' }]), options({ extra })));
    expect(entries.map(({ header, content }) => [header.name, content])).toEqual([
      [reservedDockerfile, 'FROM scratch'],
    ]);
  });

  it.each<[string, Entry[]]>([
    [
      'bytes',
      [
        { name: 'a', content: 'x'.repeat(600) },
        { name: 'b', content: 'x'.repeat(600) },
      ],
    ],
    ['entries', Array.from({ length: 11 }, (_, n) => ({ name: `f${n}` }))],
    ['length of a path', [{ name: `${'d/'.repeat(2500)}f`, content: 'x' }]],
  ])('stops at the limit of %s and ends git', async (_, entries) => {
    const archive = tar(entries);
    const stream = contextStream(archive, options());
    await expect(buffer(stream)).rejects.toMatchObject({ reason: 'ContextTooLarge' });
    expect(archive.destroyed).toBe(true);
  });

  it('does not count what is ignored', async () => {
    const ignore = new DockerIgnore(Buffer.from('big'));
    expect(
      await names(
        [
          { name: 'big', content: 'x'.repeat(5000) },
          { name: 'a', content: 'x' },
        ],
        { ignore },
      ),
    ).toEqual(['a']);
  });

  it.each([
    ['in the middle of a file', 700],
    ['between two files', 1024],
    ['before the first byte', 0],
  ])('fails when git dies %s', async (_, bytes) => {
    const whole = await buffer(
      tar([
        { name: 'a', content: 'text' },
        { name: 'b', content: 'text' },
      ]),
    );
    const cut = Readable.from(bytes === 0 ? [] : [whole.subarray(0, bytes)], { objectMode: false });
    await expect(buffer(contextStream(cut, options()))).rejects.toThrow(/ended early|Unexpected end/);
  });

  it('passes on the error of git', async () => {
    const archive = new Readable({ read() {} });
    const stream = contextStream(archive, options());
    setImmediate(() => archive.destroy(new Error('bad object')));
    await expect(buffer(stream)).rejects.toThrow('bad object');
  });

  it('ends git when the engine stops reading', async () => {
    const archive = new Readable({ read: (size) => void archive.push(Buffer.alloc(size)) });
    const stream = contextStream(archive, options());
    stream.on('error', () => {});
    stream.resume();
    stream.destroy();
    if (!archive.destroyed) await once(archive, 'close');
    expect(archive.destroyed).toBe(true);
  });
});
