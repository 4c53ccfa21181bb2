import { describe, expect, it } from 'vitest';
import { byteString, bytesOfText } from '../../base/byte-string.ts';
import { DockerIgnore } from './dockerignore.ts';

function ignores(text: string | Buffer, path: string | Buffer): boolean {
  return new DockerIgnore(Buffer.from(text)).ignores(byteString(Buffer.from(path)));
}

describe('DockerIgnore', () => {
  // The table of https://github.com/moby/patternmatcher/blob/main/patternmatcher_test.go, as far as it is about paths
  // that can be in a context, and of the documentation of .dockerignore.
  it.each<[string, string, boolean]>([
    ['**', 'file', true],
    ['**', 'file/', true],
    ['**/', 'file', true],
    ['**', 'dir/file', true],
    ['**/**', 'dir/file', true],
    ['dir/**', 'dir/file', true],
    ['dir/**', 'dir/dir2/file', true],
    ['**/dir', 'dir/file', true],
    ['**/dir', 'dir2/dir/file', true],
    ['**/dir2/*', 'dir/dir2/file', true],
    ['**/dir2/*', 'dir/dir2/dir2/file', true],
    ['**/dir2/**', 'dir/dir2/dir3/file', true],
    ['**file', 'file', true],
    ['**file', 'dir/file', true],
    ['**/file', 'dir/dir/file', true],
    ['**/file*', 'dir/dir/file.txt', true],
    ['**/file*txt', 'dir/dir/file.txt', true],
    ['**/file*.txt*', 'dir/dir/file.txt', true],
    ['**/**/*.txt', 'dir/dir/file.txt', true],
    ['**/**/*.txt2', 'dir/dir/file.txt', false],
    ['**/*.txt', 'file.txt', true],
    ['**/**/*.txt', 'file.txt', true],
    ['a**/*.txt', 'a/file.txt', true],
    ['a**/*.txt', 'a/dir/file.txt', true],
    ['a**/*.txt', 'a/dir/dir/file.txt', true],
    ['a/*.txt', 'a/dir/file.txt', false],
    ['a/*.txt', 'a/file.txt', true],
    ['a/*.txt**', 'a/file.txt', true],
    ['a[b-d]e', 'ae', false],
    ['a[b-d]e', 'ace', true],
    ['a[b-d]e', 'aae', false],
    ['a[^b-d]e', 'aze', true],
    ['.*', '.foo', true],
    ['.*', 'foo', false],
    ['abc.def', 'abcdef', false],
    ['abc.def', 'abc.def', true],
    ['abc.def', 'abcZdef', false],
    ['abc?def', 'abcZdef', true],
    ['abc?def', 'abcdef', false],
    ['a\\\\', 'a\\', true],
    ['**/foo/bar', 'foo/bar', true],
    ['**/foo/bar', 'dir/foo/bar', true],
    ['**/foo/bar', 'dir/dir2/foo/bar', true],
    ['abc/**', 'abc', false],
    ['abc/**', 'abc/def', true],
    ['abc/**', 'abc/def/ghi', true],
    ['**/.foo', '.foo', true],
    ['**/.foo', 'bar.foo', false],
    ['a(b)c/def', 'a(b)c/def', true],
    ['a(b)c/def', 'a(b)c/xyz', false],
    ['a.|)$(}+{bc', 'a.|)$(}+{bc', true],
    [
      'dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl',
      'dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl',
      true,
    ],
    ['file', 'dir/file', false],
    ['dir', 'dir/file', true],
    ['dir/', 'dir/file', true],
    ['/dir', 'dir', true],
    ['./dir', 'dir', true],
    ['a/../dir', 'dir', true],
    ['*/temp*', 'somedir/temporary.txt', true],
    ['*/*/temp*', 'somedir/subdir/temp', true],
    ['*/*/temp*', 'somedir/temp', false],
    ['temp?', 'tempa', true],
    ['# comment', 'comment', false],
    [' # no comment', '# no comment', true],
    ['*.md\n!README.md', 'README.md', false],
    ['*.md\n!README*.md\nREADME-secret.md', 'README-secret.md', true],
    ['*.md\nREADME-secret.md\n!README*.md', 'README-secret.md', false],
    ['dir\n!dir/keep', 'dir/keep', false],
    ['dir\n!dir/keep', 'dir/keep/deeper', false],
    ['dir\n!dir/keep', 'dir/other', true],
    ['*\n!src\nsrc/secret', 'src/secret/x', true],
    ['\ufeffa', 'a', true],
    ['a\r\nb\r\n', 'b', true],
    ['', 'a', false],
    ['constructor', 'toString', false],
    ['*', 'constructor', true],
    ['?', '🚢', true],
    ['🚢/[⛵-🛶]*', '🚢/🚢x', true],
    ['**.log', 'build.log', true],
    ['**.log', 'deep/down/build.log', true],
    ['**.log', 'build.log/x', true],
    ['**.log', 'build.logs', false],
    ['**a?c', 'xabc', false],
    ['**a?c', 'x/abc', true],
    ['!x\n**.log\n!keep.log', 'keep.log', false],
    ['a/**', 'a', false],
    ['a^b', 'a^b', true],
    ['a^b*', 'a^b', false],
    ['[*]', '*', false],
    ['x\\d', 'x7', true],
    ['x[\\d]y', 'x5y', true],
    ['lib*[-_]x', 'liba-x', true],
    ['./!a', '!a', false],
    ['/ a', 'a', true],
    ['a /', 'a', true],
    ['\u00a0a\u3000', 'a', true],
    ['\ufeff\ufeffa', 'a', false],
    ['d/x\n!d\nd/y', 'd/x', true],
    ['d/*\n!d', 'd/x', true],
  ])('%j and %s: %s', (text, path, ignored) => {
    expect(ignores(text, path.replace(/\/$/, ''))).toBe(ignored);
  });

  it.each([
    '!',
    '!/',
    '/!',
    '[',
    'a[',
    'a[]',
    '[]a]',
    '[-]x',
    'a\\',
    '[a',
    '[^',
    '[z-a]',
    '\\g',
    '[\\x41]',
    '[[:alpha:]]',
    '\\ä',
  ])('refuses %j and names the line', (text) => {
    const content = Buffer.from(`ok\n${text}`);
    expect(() => new DockerIgnore(content, 'web/.dockerignore')).toThrow(
      /^web\/\.dockerignore line 2 is not a valid pattern: /,
    );
  });

  it('refuses a line that is longer than Docker reads', () => {
    expect(() => new DockerIgnore(Buffer.from(`a\n${'x'.repeat(65_536)}\n`))).toThrow(
      /line 2 is not a valid pattern.*65536 bytes/,
    );
    expect(ignores(`a\n${'x'.repeat(65_535)}\n`, 'a')).toBe(true);
  });

  it('compares bytes, whether or not they are UTF-8', () => {
    const latin1 = Buffer.from('caf\u00e9', 'latin1');
    expect(ignores(latin1, latin1)).toBe(true);
    expect(ignores(latin1, Buffer.from('caf\u00e8', 'latin1'))).toBe(false);
    expect(ignores('caf\ufffd', latin1)).toBe(false);
    expect(ignores('caf?', latin1)).toBe(true);
  });

  it('is not slowed down by malicious patterns', () => {
    const started = performance.now();
    const evil = new DockerIgnore(Buffer.from(['(a+)+b', '**/*a*a*a*a*a*a*a*a*b', `${'*a'.repeat(50)}c`].join('\n')));
    expect(evil.ignores(bytesOfText('a'.repeat(1000)))).toBe(false);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('gives up on a context that would take too long', () => {
    const slow = new DockerIgnore(Buffer.from(Array.from({ length: 100 }, () => `${'?*'.repeat(500)}x?`).join('\n')));
    const match = () => {
      for (let n = 0; n < 100; n++) slow.ignores(bytesOfText(`${'a'.repeat(4000)}${n}`));
    };
    expect(match).toThrow(expect.objectContaining({ reason: 'ContextTooLarge' }));
  }, 60_000);

  it('gives up on thousands of patterns without a wildcard, too', () => {
    const many = new DockerIgnore(Buffer.from(Array.from({ length: 5000 }, (_, n) => `name${n}`).join('\n')));
    const match = () => {
      for (let n = 0; n < 30_000; n++) many.ignores(bytesOfText(`f${n}`));
    };
    expect(match).toThrow(expect.objectContaining({ reason: 'ContextTooLarge' }));
  }, 60_000);

  it('reads a line of nothing but brackets or braces in linear time', () => {
    const started = performance.now();
    expect(ignores(`*${'{'.repeat(60_000)}`, 'a')).toBe(false);
    expect(ignores(`*${'[[:x]'.repeat(12_000)}`, 'a')).toBe(false);
    expect(performance.now() - started).toBeLessThan(10_000);
  }, 60_000);

  it('refuses a character set that is expensive to compare with', () => {
    const set = (parts: number) => `*[${'a'.repeat(parts)}]`;
    expect(ignores(set(256), 'xa')).toBe(true);
    expect(() => ignores(set(257), 'xa')).toThrow('a [set] of more than 256 characters');
  });
});
