import { expect, it } from 'vitest';
import type { PlannedImage } from '../../builder/index.ts';
import { EnvStore } from '../env/env-store.ts';
import { readBuildSecrets } from './build-secrets.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
let asked: string[] = [];
const kube = {
  getSecret: async (namespace: string, name: string) => {
    asked.push(`${namespace}/${name}`);
    if (name === 'token') return { type: 'kubernetes.io/service-account-token', data: { token: base64('t') } };
    if (name === 'empty') return { type: 'Opaque' };
    return name === 'npm' ? { data: { token: base64('t0ken'), rc: base64('line\n') } } : undefined;
  },
};

const env = new EnvStore({ hostKey: { namespace: 'shop', name: 'host-key' } } as never);

function image(name: string, secrets: object[], more: object = {}): PlannedImage {
  const target = { deployment: 'www', container: { name, secrets } };
  return { label: `www/${name}`, target, ...more } as unknown as PlannedImage;
}

const of = (...secrets: string[][]) => secrets.map(([name, secret, key]) => ({ name, secret, key }));
const read = (...images: PlannedImage[]) => readBuildSecrets({ kube: kube as never, env }, 'shop', images);

it('secrets of builds are read once, from the namespace of the Remote, and for what is built alone', async () => {
  asked = [];
  const there = image('old', of(['x', 'gone', 'y']), { existingDigest: 'sha256:1' });
  const secrets = await read(image('a', of(['npmrc', 'npm', 'rc'], ['t', 'npm', 'token'])), image('b', []), there);
  expect(asked).toEqual(['shop/npm']);
  expect(secrets.get('www/a')).toEqual(
    new Map([
      ['npmrc', Buffer.from('line\n')],
      ['t', Buffer.from('t0ken')],
    ]),
  );
  expect(secrets.get('www/old')).toBeUndefined();
});

it.each([
  [
    'a Secret that is not there',
    of(['npmrc', 'other', 'rc']),
    'Secret shop/other of secret npmrc for the build of container a does not exist',
  ],
  [
    'a key that is not there',
    of(['npmrc', 'npm', 'nope']),
    'Secret shop/npm of secret npmrc for the build of container a has no key nope',
  ],
  [
    'a Secret without data',
    of(['npmrc', 'empty', 'rc']),
    'Secret shop/empty of secret npmrc for the build of container a has no key rc',
  ],
  [
    'a key that every object has',
    of(['npmrc', 'npm', 'constructor']),
    'Secret shop/npm of secret npmrc for the build of container a has no key constructor',
  ],
  [
    'a Secret that is not Opaque',
    of(['t', 'token', 'token']),
    'Secret shop/token of secret t for the build of container a cannot be read by a build: its type is kubernetes.io/service-account-token, and not Opaque',
  ],
  [
    'the host key of the server',
    of(['k', 'host-key', 'key']),
    'Secret shop/host-key of secret k for the build of container a cannot be read by a build: it has the host key of this server',
  ],
])('%s is named before anything is built', async (_, secrets, message) => {
  await expect(read(image('a', secrets))).rejects.toMatchObject({ reason: 'SecretUnusable', message });
});
