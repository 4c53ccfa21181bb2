import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byteString } from '../../base/byte-string.ts';
import { DockerOracle } from '../../test/support/docker-oracle.ts';
import { DockerIgnore } from './dockerignore.ts';

describe('DockerIgnore beside the matcher of Docker', () => {
  let docker: DockerOracle;
  beforeAll(() => {
    docker = new DockerOracle();
  });
  afterAll(() => docker[Symbol.asyncDispose]());

  /** Refusals that Docker does not have: what it reads as a regular expression beyond what file names need. */
  const ownRefusal = /ends in a backslash|as a regular expression/;

  async function compare(file: Buffer, paths: readonly Buffer[]): Promise<void> {
    const theirs = await docker.ignored(file, paths);
    const ours = attempt(() => {
      const ignore = new DockerIgnore(file);
      return paths.map((path) => ignore.ignores(byteString(path)));
    });
    if (ours instanceof Error && ownRefusal.test(ours.message)) return;
    if (ours instanceof Error) expect(await refusesALine(file), ours.message).toBe(true);
    else expect(ours, JSON.stringify(file.toString('latin1'))).toEqual(theirs);
  }

  /** Docker finds a bad pattern when it first compares a path with it, which another pattern may keep it from. */
  async function refusesALine(file: Buffer): Promise<boolean> {
    for (const line of file.toString('latin1').split('\n')) {
      for (const alone of [line, `**\n${line}`]) {
        if ('error' in (await docker.ignored(Buffer.from(alone, 'latin1'), [Buffer.from('a')]))) return true;
      }
    }
    return false;
  }

  function attempt<T>(work: () => T): T | Error {
    try {
      return work();
    } catch (thrown) {
      return thrown as Error;
    }
  }

  const name = fc.constantFrom(
    'a',
    'b',
    'ab',
    'axb',
    '.c',
    'a.log',
    'b.c',
    'node_modules',
    '!a',
    'a b',
    'a\nb',
    '\\',
    '*',
    'a^b',
    'é',
    '🚢',
    '5',
    '[',
    ']',
    '-',
  );
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => Buffer.from(names.join('/')));
  const paths = fc.array(path, { minLength: 1, maxLength: 8 });

  it('agrees about files that people write', async () => {
    const part = fc.constantFrom(
      'a',
      'b',
      'ab',
      '.c',
      '*',
      '?',
      'a*',
      '*b',
      '**',
      'a?b',
      '**b',
      '**.log',
      '*.log',
      '**a*',
      'a**',
      '..',
      '.',
      '',
      '[a-c]',
      '[^a]',
      'a[b]*',
      '\\*',
      'node_modules',
    );
    const line = fc
      .tuple(
        fc.constantFrom('', '', '', '!', '/', '! ', './', '#', ' ', '!/'),
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '', '/', ' ', '\r', '\t'),
      )
      .map(([mark, parts, end]) => mark + parts.join('/') + end);
    const file = fc.array(line, { maxLength: 6 }).map((lines) => Buffer.from(lines.join('\n')));
    await fc.assert(fc.asyncProperty(file, paths, compare), { numRuns: 2000 });
  });

  it('agrees about files that nobody should write', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...'ab/*?[]^-\\!#.+()|{}$ \n\r\t:dwsDWS5z\0é🚢\ufeff\u0085\u00a0',
        '**',
        '[^',
        '/**/',
        '\\*',
        '..',
      ),
      fc.integer({ min: 0x80, max: 0xff }).map((byte) => Buffer.from([byte])),
    );
    const bytes = (maxLength: number) =>
      fc
        .array(piece, { minLength: 1, maxLength })
        .map((pieces) => Buffer.concat(pieces.map((one) => (typeof one === 'string' ? Buffer.from(one) : one))));
    const odd = bytes(6).map((buffer) => Buffer.from(buffer.map((byte) => (byte === 0 ? 0x61 : byte))));
    const oddPath = odd.map((buffer) => Buffer.from(byteString(buffer).replace(/^\/+|\/+$|\/(?=\/)/g, ''), 'latin1'));
    const anyPaths = fc.array(
      fc.oneof(
        path,
        oddPath.filter(({ length }) => length > 0),
      ),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(fc.asyncProperty(bytes(12), anyPaths, compare), { numRuns: 4000 });
  });
});
