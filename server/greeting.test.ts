import { expect, it } from 'vitest';
import { setupLines } from './greeting.ts';

it('the commands of the greeting can be typed as they are', () => {
  const lines = setupLines(['', 'ssh://git@host/a/b', 'ssh://git@host/a/c']);
  expect(lines).toContain('    git remote add dev ssh://git@host/a/b');
  expect(lines).toContain("    git config --add remote.dev.fetch '+refs/tags/releases/*:refs/remotes/dev/releases/*'");
  expect(lines).toContain('    git push dev HEAD:refs/rollback/1');
  expect(lines.join('\n')).not.toContain('a/c');
});

it('where no URL is known there is nothing to type', () => {
  expect(setupLines([''])).toEqual([]);
});
