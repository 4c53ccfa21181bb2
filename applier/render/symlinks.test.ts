import { expect, it } from 'vitest';
import { staysInside } from './symlinks.ts';

it.each<[string, string, boolean]>([
  ['a', 'b', true],
  ['a', './b/c', true],
  ['a/b', '../c', true],
  ['a/b/c', '../../d', true],
  ['a', '../b', false],
  ['a/b', '../../c', false],
  ['a', '/etc/passwd', false],
  ['a', '', false],
  // Through a folder that may be a symlink itself, `..` is not where it came from.
  ['a', 'b/../c', false],
  ['a/b', '../c/../../d', false],
  ['a', 'b\0c', false],
])('a symlink at %s to %j stays inside: %s', (path, target, stays) => {
  expect(staysInside(path, target)).toBe(stays);
});
