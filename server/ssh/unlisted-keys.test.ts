import { describe, expect, it } from 'vitest';
import { UnlistedKeys } from './unlisted-keys.ts';

const hints = [
  'hint: to see which file that key is in, type: for f in ~/.ssh/*.pub; do echo "$f $(ssh-keygen -lf "$f")"; done',
  'hint: to list the keys in the agent, type: ssh-add -l',
  expect.stringMatching(
    /^hint: to use another key, type: export GIT_SSH_COMMAND='ssh -i <file> -o IdentitiesOnly=yes'$/,
  ),
  'hint: or set IdentityFile <file> and IdentitiesOnly yes for this host in ~/.ssh/config',
  expect.stringMatching(/^hint: .* send <file>\.pub to an owner of the Remote, who types: gitkube remote keys add /),
];

describe('a key that no Remote lists', () => {
  it('is named once in a connection, and what to do with the first one', () => {
    const connection = new UnlistedKeys().open();
    expect(connection.lines('SHA256:a')).toEqual(['gitkube: no Remote lists the key SHA256:a', ...hints]);
    expect(connection.lines('SHA256:b')).toEqual(['gitkube: no Remote lists the key SHA256:b']);
    expect(connection.lines('SHA256:a')).toEqual([]);
  });

  it('is named again in the next connection, until its owner has come in with another one', () => {
    const keys = new UnlistedKeys();
    keys.open().lines('SHA256:a');
    const connection = keys.open();
    expect(connection.lines('SHA256:a')).toHaveLength(1 + hints.length);
    connection.loggedIn();
    expect(keys.open().lines('SHA256:a')).toEqual([]);
  });

  it('is forgotten after a thousand others', () => {
    const keys = new UnlistedKeys();
    for (let i = 0; i <= 1000; i++) {
      const connection = keys.open();
      connection.lines(`SHA256:${i}`);
      connection.loggedIn();
    }
    expect(keys.open().lines('SHA256:0')).not.toEqual([]);
    expect(keys.open().lines('SHA256:1')).toEqual([]);
  });
});
