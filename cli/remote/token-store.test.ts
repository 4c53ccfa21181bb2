import { beforeEach, expect, it } from 'vitest';
import type { NamedObject } from '../../kube/index.ts';
import { addToken, chooseToken, readTokens, removeToken } from './token-store.ts';

const remote = { namespace: 'shop', name: 'web', uid: 'u1' };
const record = (name: string, at = '2026-01-01T00:00:00Z') => ({
  ...{ sha256: '0'.repeat(64), name, may: ['deploy'] as const, at },
});

interface Secret extends NamedObject {
  type?: string;
  data?: Record<string, string | null>;
}

let secret: Secret | undefined;
/** What somebody else does before a call. */
let beforeCreate: (() => void)[];
const store = {
  getObject: async () => secret as never,
  createObject: async (object: NamedObject) => {
    beforeCreate.shift()?.();
    if (secret) return false;
    secret = object as Secret;
    return true;
  },
  mergeObject: async (_: NamedObject, patch: object) => {
    if (!secret) return false;
    const data = { ...secret.data, ...(patch as Secret).data };
    secret = { ...secret, data: Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null)) };
    return true;
  },
};
const names = async () => (await readTokens(store, remote)).map(({ id, name }) => [id, name]);

beforeEach(() => {
  [secret, beforeCreate] = [undefined, []];
});

it('the first token makes the Secret, which the Remote owns, and others are added to it', async () => {
  await addToken(store, remote, 'b', record('second', '2026-02-01T00:00:00Z'));
  expect(secret).toMatchObject({
    type: 'gitkube.sh/tokens',
    metadata: { namespace: 'shop', name: 'gitkube-tokens-web', ownerReferences: [{ kind: 'Remote', uid: 'u1' }] },
  });
  await addToken(store, remote, 'a', record('first'));
  expect(await names()).toEqual([
    ['a', 'first'],
    ['b', 'second'],
  ]);
  await removeToken(store, remote, 'a');
  expect(await names()).toEqual([['b', 'second']]);
});

it('a Secret that somebody else makes at the same moment keeps both tokens', async () => {
  beforeCreate.push(() => {
    secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x' },
      type: 'gitkube.sh/tokens',
      data: { x: 'e30=' },
    };
  });
  await addToken(store, remote, 'a', record('ci'));
  expect(Object.keys(secret?.data ?? {})).toEqual(['x', 'a']);
});

it('a name that is taken, and a Secret for something else, are refused', async () => {
  await addToken(store, remote, 'a', record('ci'));
  await expect(addToken(store, remote, 'b', record('ci'))).rejects.toMatchObject({ reason: 'UsageInvalid' });
  secret = { ...(secret as Secret), type: 'Opaque' };
  await expect(addToken(store, remote, 'b', record('other'))).rejects.toMatchObject({ reason: 'ObjectRefused' });
  await expect(readTokens(store, remote)).rejects.toMatchObject({ reason: 'ObjectRefused' });
});

it('a token is chosen by its id, then by its name, and a secret that is given in its place is not repeated', () => {
  const tokens = [
    { id: 'a', ...record('b') },
    { id: 'b', ...record('c') },
  ];
  expect([chooseToken(tokens, 'b').name, chooseToken(tokens, 'c').id]).toEqual(['c', 'b']);
  expect(() => chooseToken(tokens, 'd')).toThrow('no token has the id or the name d');
  expect(() => chooseToken(tokens, 'gk_secret')).toThrow('no token has the id or the name of that text');
});
