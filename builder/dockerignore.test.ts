import dockerignore from '@balena/dockerignore';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DockerIgnore } from './dockerignore.ts';

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
  ])('%j and %s: %s', (text, path, ignored) => {
    expect(new DockerIgnore(text).ignores(path.replace(/\/$/, ''))).toBe(ignored);
  });

  it.each(['!', '[', 'a[', 'a[]', '[]a]', '[z-a]', '[-]x', 'a\\', '[a', '[^'])('refuses %j, as Docker does', (text) => {
    expect(() => new DockerIgnore(`ok\n${text}`, 'web/.dockerignore')).toThrow(/^web\/\.dockerignore line 2/);
  });

  it('agrees with the other implementation about everything that both take', () => {
    const part = fc.constantFrom('a', 'b', 'ab', '.c', '*', '?', 'a*', '*b', '**', 'a?b');
    const pattern = fc
      .tuple(fc.constantFrom('', '!', '/'), fc.array(part, { minLength: 1, maxLength: 4 }))
      .map(([mark, parts]) => mark + parts.join('/'));
    const name = fc.constantFrom('a', 'b', 'ab', 'axb', '.c', 'x', 'b.c');
    const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join('/'));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), path, (patterns, file) => {
        const other = dockerignore.default({ ignorecase: false }).add(patterns);
        expect(new DockerIgnore(patterns.join('\n')).ignores(file)).toBe(other.ignores(file));
      }),
      { numRuns: 2000 },
    );
  });

  it('is not kept busy by patterns that are made for it', () => {
    const started = performance.now();
    const evil = new DockerIgnore(['(a+)+b', '**/*a*a*a*a*a*a*a*a*b', `${'*a'.repeat(50)}c`].join('\n'));
    expect(evil.ignores('a'.repeat(1000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('gives up on a context that would take too long', () => {
    const slow = new DockerIgnore(Array.from({ length: 100 }, () => `${'?*'.repeat(500)}x?`).join('\n'));
    const match = () => {
      for (let n = 0; n < 100; n++) slow.ignores(`${'a'.repeat(4000)}${n}`);
    };
    expect(match).toThrow(expect.objectContaining({ reason: 'ContextTooLarge' }));
  }, 60_000);
});
