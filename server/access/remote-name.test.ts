import { describe, expect, it } from 'vitest';
import { parseRemotePath, parseRemoteWord, remoteNameText } from './remote-name.ts';

describe('the path of a Remote', () => {
  it.each([
    ['/default/www', { namespace: 'default', name: 'www' }],
    ['default/www.git', { namespace: 'default', name: 'www' }],
    ['/default/www/', { namespace: 'default', name: 'www' }],
    ['/a-b/c.d', { namespace: 'a-b', name: 'c.d' }],
    ['~/git/default-www', { old: 'default-www' }],
    ['/~/git/default-www.git', { old: 'default-www' }],
  ])('%s', (path, name) => {
    expect(parseRemotePath(path, 'ssh://host/<namespace>/<name>')).toEqual(name);
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
    expect(() => parseRemotePath(path, 'ssh://host/<namespace>/<name>')).toThrow('not the path of a Remote');
  });
});

describe('an environment', () => {
  it('is named in a command, behind its Remote', () => {
    const name = parseRemoteWord('shop/app/staging');
    expect(name).toEqual({ namespace: 'shop', name: 'app', environment: 'staging' });
    expect(remoteNameText(name)).toBe('shop/app/staging');
    expect(parseRemoteWord('shop/app')).toEqual({ namespace: 'shop', name: 'app' });
  });

  it.each(['shop/app/staging/x', 'shop/app/Staging', 'shop//staging', 'shop/app/..', '/'])('%s is none', (word) => {
    expect(() => parseRemoteWord(word)).toThrow('not the path of a Remote');
  });

  it('is no part of a URL, which says so', () => {
    expect(() => parseRemotePath('/shop/app/staging', 'ssh://host/<namespace>/<name>')).toThrow(
      expect.objectContaining({ hint: [expect.stringContaining('leave out /staging: all environments of shop/app')] }),
    );
  });
});
