import { describe, expect, it } from 'vitest';
import { askServer, gitPush, namingServer, remoteUrl, seeCommits } from './server-hints.ts';

const shop = { id: 'shop/app' };
const hint = `to deploy, type: git push ${remoteUrl(shop)} HEAD:main; to see it, type: ${askServer('status shop/app')}`;

describe('a hint', () => {
  it.each([
    [
      'ssh://git@git.example.com:2222/<namespace>/<name>',
      'to deploy, type: git push ssh://git@git.example.com:2222/shop/app HEAD:main; to see it, type: ssh -p 2222 git@git.example.com status shop/app',
    ],
    [
      'ssh://git@git.example.com/<namespace>/<name>',
      'to deploy, type: git push ssh://git@git.example.com/shop/app HEAD:main; to see it, type: ssh git@git.example.com status shop/app',
    ],
    [
      'ssh://git@[2001:db8::7]:2222/<namespace>/<name>',
      "to deploy, type: git push 'ssh://git@[2001:db8::7]:2222/shop/app' HEAD:main; to see it, type: ssh -p 2222 git@2001:db8::7 status shop/app",
    ],
    [
      remoteUrl(),
      'to deploy, type: git push ssh://git@<host>:<port>/shop/app HEAD:main; to see it, type: ssh -p <port> git@<host> status shop/app',
    ],
  ])(
    'for clients of %s names the server and the Remote, and nothing that a clone may call otherwise',
    (urlForm, typed) => {
      expect(namingServer(hint, { urlForm })).toBe(typed);
    },
  );

  it('for a program that asks the server names the program, and git still takes the URL', () => {
    expect(namingServer(hint, { urlForm: 'ssh://git@host/<namespace>/<name>', program: 'gitkube remote' })).toBe(
      'to deploy, type: git push ssh://git@host/shop/app HEAD:main; to see it, type: gitkube remote status shop/app',
    );
  });

  it('for who came over HTTPS names that URL', () => {
    expect(namingServer(hint, { urlForm: 'https://host:8443/<namespace>/<name>', program: 'gitkube remote' })).toBe(
      'to deploy, type: git push https://host:8443/shop/app HEAD:main; to see it, type: gitkube remote status shop/app',
    );
  });
});

describe('a command of git in a hint', () => {
  it.each([
    ['main', 'HEAD:refs/heads/main', 'main'],
    ['a;b', "'HEAD:refs/heads/a;b'", "'a;b'"],
    ['$(x)', "'HEAD:refs/heads/$(x)'", "'$(x)'"],
    ["a'b", "'HEAD:refs/heads/a'\\''b'", "'a'\\''b'"],
  ])('names branch %s as a shell takes it, and in full where it is pushed to', (branch, refspec, word) => {
    const form = { urlForm: 'ssh://git@host/<namespace>/<name>' };
    expect(namingServer(gitPush({ ...{ id: 'ns/app', to: branch }, options: ['-f'] }), form)).toBe(
      `git push -f ssh://git@host/ns/app ${refspec}`,
    );
    expect(namingServer(seeCommits({ id: 'ns/app', branch }), form)).toBe(
      `git fetch ssh://git@host/ns/app ${word} && git log ..FETCH_HEAD`,
    );
  });

  it('pushes a commit, and to a ref that is no branch', () => {
    expect(gitPush({ from: 'c0ffee^{}', to: 'refs/rollback/7' })).toBe(
      `git push ${remoteUrl()} 'c0ffee^{}:refs/rollback/7'`,
    );
  });
});
