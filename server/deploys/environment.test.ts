import { expect, it } from 'vitest';
import type { RemoteEntry } from '../../remote-crd/index.ts';
import { environmentOf, environmentOfRepository, keyOf } from './environment.ts';

const name = { namespace: 'ns', name: 'app' };
const known = (uid?: string) => ({ entry: () => (uid === undefined ? undefined : ({ uid } as RemoteEntry)) });

it.each([
  ['u1', 'u2', 'u1'],
  [undefined, 'u2', 'u2'],
  [undefined, undefined, 'ns/app'],
])('the environment of a repository of owner %s whose Remote is %s is that of %s', (owner, uid, expected) => {
  expect(environmentOfRepository(known(uid), name, { owner, environment: 'qa' })).toEqual(
    environmentOf({ namespace: 'ns', uid: expected, environment: 'qa' }),
  );
});

it('two environments of one Remote have turns of their own', () => {
  const remote = { namespace: 'ns', uid: 'u1' };
  expect(keyOf(environmentOf({ ...remote, environment: 'staging' }))).not.toBe(keyOf(environmentOf(remote)));
});
