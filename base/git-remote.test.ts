import { expect, it } from 'vitest';
import { askCommand, askForm, asShell, gitRemoteCommands } from './git-remote.ts';

it('a Remote is added with a place of its own for its releases', () => {
  expect(gitRemoteCommands('dev', 'ssh://git@host:2222/default/hello').map(asShell)).toEqual([
    'git remote add dev ssh://git@host:2222/default/hello',
    'git config remote.dev.tagOpt --no-tags',
    "git config --add remote.dev.fetch '+refs/tags/releases/*:refs/remotes/dev/releases/*'",
  ]);
});

it.each([
  ['ssh://git@host:2222/default/hello', 'ssh -p 2222 git@host output default/hello'],
  ['ssh://git@[2001:db8::1]/default/hello', 'ssh git@2001:db8::1 output default/hello'],
])('the command that asks a server about %s can be typed in a shell', (url, command) => {
  expect(asShell(askCommand(url, 'output'))).toBe(command);
});

it.each([
  ['ssh://git@host:2222/<namespace>/<name>', 'ssh -p 2222 git@host output'],
  ['ssh://git@host/<namespace>/<name>', 'ssh git@host output'],
  ['ssh://git@<host>:<port>/<namespace>/<name>', 'ssh -p <port> git@<host> output'],
])('a command over ssh begins as the URLs of Remotes do, %s', (urlForm, command) => {
  expect(askForm(urlForm, 'output')).toBe(command);
});

it.each([
  ["it's", `'it'\\''s'`],
  ['$(id)', "'$(id)'"],
  ['', "''"],
])('%s is one word of a shell', (word, quoted) => {
  expect(asShell([word])).toBe(quoted);
});
