import { describe, expect, it } from 'vitest';
import { askServer, namingServer, remoteUrl } from './server-hints.ts';

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
});
