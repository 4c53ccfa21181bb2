import { expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { remoteLines } from './greeting.ts';

const listed = (url: string) => ({ id: url.slice(-3), state: 'Released', url, description: 'no address yet' });
const elsewhere = {
  id: 'b/c',
  error: new GitkubeError('ServedElsewhere', 'another Gitkube serves namespace b: first'),
};

it('the commands of the greeting can be typed as they are', () => {
  const lines = remoteLines(['', 'ssh://git@host/a/b', 'ssh://git@host/a/c'].map(listed), []);
  expect(lines).toContain('  a/c  Released  ssh://git@host/a/c');
  expect(lines).toContain('    git remote add dev ssh://git@host/a/b');
  expect(lines).toContain("    git config --add remote.dev.fetch '+refs/tags/releases/*:refs/remotes/dev/releases/*'");
  expect(lines).toContain('    git push dev HEAD:refs/rollback/1');
  const asked = ['status', 'releases', 'deploys', 'output', 'cancel', 'rollback'].map(
    (word) => `    ssh git@host ${word} a/b`,
  );
  expect(lines.slice(-7)).toEqual([...asked, 'help in the place of these lists all commands.']);
  expect(lines.join('\n')).not.toContain('add dev ssh://git@host/a/c');
});

it('the greeting has no commands where no URL is known', () => {
  expect(remoteLines([{ ...listed(''), id: 'a/b' }], [])).toEqual(['Your Remotes:', '  a/b  Released  no address yet']);
  expect(remoteLines([], [])).toEqual(['No Remote lists this key.']);
});

it('a Remote that another server serves is listed with the name of that server', () => {
  const theirs = ['Your Remotes that you cannot use here:', '  b/c  another Gitkube serves namespace b: first'];
  expect(remoteLines([], [elsewhere])).toEqual(theirs);
  const both = remoteLines([listed('ssh://git@host/a/b')], [elsewhere]);
  expect(both.slice(0, 4)).toEqual(['Your Remotes:', '  a/b  Released  ssh://git@host/a/b', ...theirs]);
  expect(both).toContain('    git remote add dev ssh://git@host/a/b');
});
