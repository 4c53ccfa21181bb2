import { expect, it } from 'vitest';
import type { Remote, RemoteEntry } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { assertNotRevoked, confirmToken, reauthorize } from './reauthorize.ts';
import { noAudit } from './testing/no-audit.ts';

const make = (uid: string, ...keys: string[]) =>
  ({
    id: 'ns/app',
    namespace: 'ns',
    name: 'app',
    uid,
    keys: keys.map((fingerprint) => ({ fingerprint })),
  }) as unknown as Remote;
const principal = { fingerprint: 'mine', name: 'me' };
const act = { principal, verb: 'push', branches: ['main'] } as const;
const asked = make('u1', 'mine');

/** What the cluster has now. */
function now(remote: Remote | undefined, changes: Partial<RemoteEntry> | 'gone' = {}) {
  const entry = { uid: remote?.uid ?? 'u1', deleting: false, remote, ...(changes === 'gone' ? {} : changes) };
  return {
    audit: noAudit,
    clock: new ManualClock(),
    remotes: {
      all: () => [],
      entries: () => [],
      get: () => remote,
      entry: () => (changes === 'gone' ? undefined : (entry as unknown as RemoteEntry)),
    },
  };
}

it.each([
  ['as it was', now(make('u1', 'other', 'mine')), true, true],
  ['without the key', now(make('u1', 'other')), false, false],
  ['another one of its name, with the key', now(make('u2', 'mine')), false, false],
  ['not valid any more', now(undefined), false, false],
  ['being deleted', now(undefined, { deleting: true }), false, true],
  ['another one of its name, being deleted', now(undefined, { deleting: true, uid: 'u2' }), false, false],
  ['gone', now(undefined, 'gone'), false, true],
])('a Remote that is %s', (_, context, takesPush, letsItEnd) => {
  const refusal = expect.objectContaining({ reason: 'RemoteUnknown' });
  const begin = () => void reauthorize(context, act, asked);
  const end = () => assertNotRevoked(context, act, asked);
  if (takesPush) begin();
  else expect(begin).toThrow(refusal);
  if (letsItEnd) end();
  else expect(end).toThrow(refusal);
});

it('an environment that was taken out of the spec is not deployed to, however late that is', () => {
  const whole = make('u1', 'mine');
  const staging = { ...whole, id: 'ns/app/staging', environment: 'staging' };
  const remotes = {
    get: () => undefined,
    entry: (id: string) =>
      id === 'ns/app' ? ({ id, uid: 'u1', deleting: false, remote: whole } as RemoteEntry) : undefined,
  };
  const context = { audit: noAudit, clock: new ManualClock(), remotes };
  const gone = 'ns/app no longer has the environment staging';
  expect(() => reauthorize(context, act, staging)).toThrow(gone);
  expect(() => assertNotRevoked(context, act, staging)).toThrow(gone);
  const deleted = { ...context, remotes: { ...remotes, entry: () => undefined } };
  expect(() => assertNotRevoked(deleted, act, staging)).not.toThrow();
  const other = { id: 'ns/app', uid: 'u2', deleting: false, remote: make('u2', 'mine') } as RemoteEntry;
  const again = {
    ...context,
    remotes: { ...remotes, entry: (id: string) => (id === 'ns/app' ? other : undefined) },
  };
  expect(() => assertNotRevoked(again, act, staging)).toThrow('ns/app/staging was deleted and created again');
});

it('a token that was removed is refused, and that of a Remote that is deleted is not looked for', async () => {
  const withToken = (isKept: boolean) => ({
    ...act,
    principal: {
      ...principal,
      grant: { uid: 'u1', grants: [{ rights: ['deploy'] as const }], isKept: async () => isKept },
    },
  });
  const there = now(make('u1'));
  const { signal } = new AbortController();
  await confirmToken(there, withToken(true), asked, signal);
  await confirmToken(there, act, asked, signal);
  const gone = { reason: 'RemoteUnknown', message: 'ns/app no longer accepts this token' };
  await expect(confirmToken(there, withToken(false), asked, signal)).rejects.toMatchObject(gone);
  await confirmToken(now(undefined, { deleting: true }), withToken(false), asked, signal);
  await confirmToken(now(undefined, 'gone'), withToken(false), asked, signal);
});
