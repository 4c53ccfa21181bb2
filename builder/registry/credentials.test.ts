import { describe, expect, it } from 'vitest';
import { credentialsFromSecret } from './credentials.ts';

const auth = Buffer.from('ann:pass:word').toString('base64');

function secret(auths: unknown) {
  const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') };
  return { name: 'default/reg', type: 'kubernetes.io/dockerconfigjson', data };
}

describe('credentialsFromSecret', () => {
  it.each([
    ['docker.io/user', 'https://index.docker.io/v1/'],
    ['docker.io/user', 'index.docker.io'],
    ['user', 'registry-1.docker.io'],
    ['gcr.io/project', 'gcr.io'],
    ['gcr.io/project', 'https://gcr.io'],
    ['gcr.io/project', 'https://gcr.io/v2/'],
    ['r.example:5000/team/x', 'r.example:5000/team'],
  ])('finds those for %s under %s', (url, key) => {
    const found = credentialsFromSecret(secret({ 'other.example': { auth: 'x' }, [key]: { auth } }), url);
    expect(found).toMatchObject({ username: 'ann', password: 'pass:word' });
  });

  it('prefers the longest path', () => {
    const auths = { 'r.example': { username: 'a', password: 'a' }, 'r.example/team': { username: 'b', password: 'b' } };
    expect(credentialsFromSecret(secret(auths), 'r.example/team/x').username).toBe('b');
    expect(credentialsFromSecret(secret(auths), 'r.example/teammate').username).toBe('a');
  });

  it('is alone in a Secret of one host only', () => {
    const one = { 'r.example': { username: 'a', password: 'a' } };
    expect(credentialsFromSecret(secret(one), 'r.example').isAlone).toBe(true);
    const two = { ...one, 'other.example': { username: 'b', password: 'b' } };
    expect(credentialsFromSecret(secret(two), 'r.example').isAlone).toBe(false);
  });

  it('recognizes an identity token', () => {
    const auths = { 'r.example': { username: 'x', identitytoken: 'secret' } };
    expect(credentialsFromSecret(secret(auths), 'r.example')).toEqual({
      host: 'r.example',
      from: 'default/reg',
      isAlone: true,
      username: '<token>',
      password: 'secret',
    });
  });

  it('reads the older kind of Secret', () => {
    const data = { '.dockercfg': Buffer.from(JSON.stringify({ 'r.example': { auth } })).toString('base64') };
    const found = credentialsFromSecret({ name: 'default/reg', type: 'kubernetes.io/dockercfg', data }, 'r.example/x');
    expect(found).toEqual({
      from: 'default/reg',
      isAlone: false,
      host: 'r.example',
      username: 'ann',
      password: 'pass:word',
    });
  });

  it.each([
    [
      'other keys',
      { name: 'd/s', type: 'Opaque', data: { token: 'aGVsbG8=' } },
      /Secret d\/s is of type 'Opaque' with token/,
    ],
    ['no JSON', { name: 'd/s', type: 't', data: { '.dockerconfigjson': 'aGVsbG8=' } }, /not a JSON object/],
    ['a list', secret([]), /not a JSON object/],
    ['another host', secret({ 'r.example.evil.test': { auth } }), /none|only for: r\.example\.evil\.test/],
    ['no password', secret({ 'r.example': { auth: Buffer.from('ann').toString('base64') } }), /without a user/],
    ['null', secret({ 'r.example': null }), /no credentials for r\.example/],
  ])('reports what is there instead: %s', (_, given, message) => {
    const call = () => credentialsFromSecret(given, 'r.example/x');
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ reason: 'SecretUnusable' }));
    expect(call).not.toThrow(/hello|pass:word|aGVsbG8/);
  });
});
