import { describe, expect, it } from 'vitest';
import { UnlistedKeys } from './unlisted-keys.ts';

const hint = expect.stringMatching(/^hint: ask an owner of the Remote to type: gitkube remote keys add /);

describe('a key that no Remote lists', () => {
  it('is named once in a connection, and what to do with the first one', () => {
    const connection = new UnlistedKeys().open();
    expect(connection.lines('SHA256:a')).toEqual(['gitkube: no Remote lists the key SHA256:a', hint]);
    expect(connection.lines('SHA256:b')).toEqual(['gitkube: no Remote lists the key SHA256:b']);
    expect(connection.lines('SHA256:a')).toEqual([]);
  });

  it('is named again in the next connection, until its owner has come in with another one', () => {
    const keys = new UnlistedKeys();
    keys.open().lines('SHA256:a');
    const connection = keys.open();
    expect(connection.lines('SHA256:a')).toHaveLength(2);
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
