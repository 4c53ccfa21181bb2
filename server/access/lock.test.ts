import { expect, it } from 'vitest';
import type { Remote } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { authorizeAgain } from '../deploys/steps/authorize-again.ts';
import { authorizeChange } from '../deploys/steps/authorize-change.ts';
import { openDeploy } from '../gateways/open-deploy.ts';
import { requireUnlocked } from './lock.ts';
import { noAudit } from './testing/no-audit.ts';

const free = {
  id: 'ns/app',
  namespace: 'ns',
  name: 'app',
  environment: '',
  uid: 'u1',
  keys: [{ fingerprint: 'mine' }],
} as unknown as Remote;
const locked = { ...free, lock: { reason: 'freeze', by: 'ada', at: '2026-01-02T03:04:05Z' } };
const principal = { fingerprint: 'mine', name: 'me' };
const refusal = expect.objectContaining({
  reason: 'Locked',
  message: 'ns/app is locked by ada since 2026-01-02T03:04:05Z: freeze',
});

/** What a deploy sees of the cluster, as far as it matters here. */
function now(remote: Remote) {
  const remotes = { get: () => remote, entry: () => ({ uid: 'u1', remote }) };
  const repositories = { folder: '/' };
  const clock = new ManualClock();
  return { remotes, repositories, clock, audit: noAudit, receiveLimits: { minFreeBytes: 0 } } as never;
}

it('a Remote that is not locked deploys', () => {
  expect(() => requireUnlocked(free)).not.toThrow();
});

it('a deploy is refused at the door', async () => {
  const nothing = () => {};
  const parts = {
    context: now(locked),
    access: { known: async () => {}, authorize: () => locked },
    owner: { open: async () => ({ of: async () => ({}) }) as never },
    underWay: { requireOpen: nothing, requireRoom: nothing, add: nothing, of: () => [], ofAll: () => [] },
  };
  const opened = openDeploy(parts, locked, { principal, verb: 'push' }, () => expect.fail('it has begun'));
  await expect(opened).rejects.toEqual(refusal);
});

it('a deploy that waited or was built is refused when the lock has come since then', async () => {
  const stillFits = async () => {};
  const trigger = { kind: 'push' };
  const revision = { branch: 'main' };
  const waited = authorizeAgain.run({ asked: free, principal, stillFits, trigger, revision } as never, now(locked));
  await expect(waited).rejects.toEqual(refusal);
  const built = authorizeChange.run({ principal, trigger, revision, remote: free } as never, now(locked));
  await expect(built).rejects.toEqual(refusal);
  await authorizeChange.run({ principal, trigger, revision, remote: free } as never, now(free));
  const watched = { principal, trigger: { kind: 'watch' }, revision, remote: free };
  await authorizeChange.run(watched as never, now(locked));
});
