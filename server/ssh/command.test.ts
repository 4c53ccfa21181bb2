import { describe, expect, it } from 'vitest';
import { parseCommand, parsePath } from './command.ts';

describe('an SSH command', () => {
  it.each([
    ["git-receive-pack '/default/www'", 'receive-pack', '/default/www'],
    ["git receive-pack '/default/www.git'", 'receive-pack', '/default/www.git'],
    ["git-upload-pack 'default/www'", 'upload-pack', 'default/www'],
    ["git-upload-pack '/~/git/default-www'", 'upload-pack', '/~/git/default-www'],
    ['git-upload-pack default/www', 'upload-pack', 'default/www'],
    ["git-upload-pack 'it'\\''s'", 'upload-pack', "it's"],
  ])('%s is understood', (command, service, path) => {
    expect(parseCommand(command)).toEqual({ service, path });
  });

  it.each([
    '',
    'ls',
    'git-receive-pack',
    "git-receive-pack 'a' 'b'",
    "git-receive-pack 'a'; id",
    "git-receive-pack 'a' --help",
    'git-receive-pack $(id)',
    'git-receive-pack `id`',
    "git-receive-pack 'a",
    "git-shell -c 'id'",
    "git-upload-archive '/default/www'",
    "GIT-RECEIVE-PACK '/default/www'",
    "env git-receive-pack '/default/www'",
    `git-receive-pack '${'a'.repeat(2000)}'`,
    'git-receive-pack --upload-pack=id',
  ])('%s is refused', (command) => {
    let path: string | undefined;
    try {
      path = parseCommand(command).path;
      parsePath(path, 'ssh://host/<namespace>/<name>');
    } catch (error) {
      expect(error).toMatchObject({ kind: 'user' });
      return;
    }
    expect.fail(`taken as ${path}`);
  });
});

it.each([
  ['git-lfs-authenticate /default/www upload', 'git push --no-verify'],
  ['git-lfs-transfer /default/www upload', 'git push --no-verify'],
  ["git-lfs-authenticate '/default/www' download", 'GIT_LFS_SKIP_SMUDGE=1'],
])('%s is answered with what works', (command, hint) => {
  const refused = { reason: 'LfsUnsupported', hint: expect.arrayContaining([expect.stringContaining(hint)]) };
  expect(() => parseCommand(command)).toThrow(expect.objectContaining(refused));
});

it('a command that is too long is refused as that, and not as unknown', () => {
  const command = `git-upload-pack '/default/${'a'.repeat(2000)}'`;
  expect(() => parseCommand(command)).toThrow(/^a command of 2027 characters: git-upload-pack '\/default\/a+…$/);
});

describe('the path of a Remote', () => {
  it.each([
    ['/default/www', { namespace: 'default', name: 'www' }],
    ['default/www.git', { namespace: 'default', name: 'www' }],
    ['/default/www/', { namespace: 'default', name: 'www' }],
    ['/a-b/c.d', { namespace: 'a-b', name: 'c.d' }],
    ['~/git/default-www', { old: 'default-www' }],
    ['/~/git/default-www.git', { old: 'default-www' }],
  ])('%s', (path, name) => {
    expect(parsePath(path, 'ssh://host/<namespace>/<name>')).toEqual(name);
  });

  it.each([
    '/',
    '/www',
    '/default/../www',
    '/default/www/../../etc',
    '//default/www',
    '/default//www',
    '/Default/www',
    '/default/ww w',
    '/default/%2e%2e',
    '/-default/www',
    '/default/-www',
    '/default/www\0',
    '/default/www\n',
    '~/git/',
    '~root/git/default-www',
    '/default/.git',
  ])('%j is none', (path) => {
    expect(() => parsePath(path, 'ssh://host/<namespace>/<name>')).toThrow('not the path of a Remote');
  });
});
