import { beforeEach, expect, it } from 'vitest';
import type { Logger } from '../../base/log.ts';
import type { EventFact, Remote } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Audit } from './audit.ts';

const keys = [{ fingerprint: 'SHA256:ci', comment: 'ci@shop' }];
const remote = { id: 'shop/app', namespace: 'shop', name: 'app', uid: 'u1', keys } as unknown as Remote;
const principal = { fingerprint: 'SHA256:ci', name: 'ci elsewhere', address: '10.1.2.3' };
const wish = { verb: 'push', branches: ['main'] } as const;
const refusal = {
  ...wish,
  remote,
  principal,
  reason: 'AccessDenied',
  message: 'the key may not',
  isListed: true,
} as const;

let clock: ManualClock;
let lines: object[];
let events: EventFact[];
let audit: Audit;

beforeEach(() => {
  [clock, lines, events] = [new ManualClock(), [], []];
  const write = (facts: object) => void lines.push(facts);
  const log = { info: write, warn: write } as unknown as Logger;
  audit = new Audit({ clock, log, events: { record: (_remote, fact) => void events.push(fact) } });
});

it('what is allowed is a line of the log with who, what and from where', () => {
  audit.allowed({ ...wish, remote, principal, refs: ['refs/tags/v1'] });
  expect(lines).toEqual([
    {
      ...{ audit: 'allowed', remote: 'shop/app', verb: 'push', branches: ['main'], refs: ['refs/tags/v1'] },
      ...{ by: 'ci@shop', key: 'SHA256:ci', from: '10.1.2.3' },
    },
  ]);
  expect([events, audit.refusals(remote)]).toEqual([[], []]);
});

it('a refusal is a line of the log with its reason, an Event, and kept under the name that the Remote has for the key', () => {
  audit.refused(refusal);
  expect(lines).toMatchObject([
    {
      audit: 'refused',
      remote: 'shop/app',
      by: 'ci@shop',
      from: '10.1.2.3',
      reason: 'AccessDenied',
      why: 'the key may not',
    },
  ]);
  expect(events).toEqual([{ reason: 'AccessDenied', message: 'the key may not (from 10.1.2.3)' }]);
  expect(audit.refusals(remote)).toMatchObject([
    { by: { name: 'ci@shop', address: '10.1.2.3' }, verb: 'push', reason: 'AccessDenied' },
  ]);
});

it('a Remote that is not there is named in the log alone', () => {
  audit.refused({ ...refusal, remote: 'shop/none', reason: 'RemoteUnknown' });
  expect(lines).toMatchObject([{ remote: 'shop/none', reason: 'RemoteUnknown' }]);
  expect(events).toEqual([]);
});

it('the last twenty refusals of a Remote are kept, the newest first', () => {
  for (let count = 1; count <= 25; count++) audit.refused({ ...refusal, message: `no ${count}` });
  const kept = audit.refusals(remote).map(({ message }) => message);
  expect(kept).toHaveLength(20);
  expect([kept.at(0), kept.at(-1)]).toEqual(['no 25', 'no 6']);
});

it('the same refusal is an Event once a minute, and each of them a line of the log', async () => {
  for (let count = 1; count <= 5; count++) audit.refused(refusal);
  audit.refused({ ...refusal, verb: 'run' });
  audit.refused({ ...refusal, remote: { ...remote, uid: 'u2' } });
  expect(events).toHaveLength(3);
  await clock.advance(60_000);
  audit.refused(refusal);
  expect(events).toHaveLength(4);
  expect(lines).toHaveLength(8);
});

it('sixty different refusals of a Remote are Events in ten minutes at most', async () => {
  const from = (address: string) => ({ ...refusal, principal: { ...principal, address } });
  for (let count = 1; count <= 100; count++) audit.refused(from(`10.0.0.${count}`));
  expect(events).toHaveLength(60);
  await clock.advance(600_000);
  audit.refused(from('10.0.0.100'));
  expect(events).toHaveLength(61);
});

it('the same refusal again counts, and is the newest', async () => {
  audit.refused(refusal);
  audit.refused({ ...refusal, message: 'another' });
  await clock.advance(5000);
  audit.refused(refusal);
  expect(audit.refusals(remote).map(({ message, times }) => [message, times])).toEqual([
    ['the key may not', 2],
    ['another', 1],
  ]);
});

it('keys that the Remote does not list take nothing from the others: none is kept, and five are Events', () => {
  const stranger = (address: string) => {
    const by = { fingerprint: 'SHA256:eve', name: 'eve', address };
    return { ...refusal, principal: by, reason: 'RemoteUnknown', isListed: false } as const;
  };
  for (let count = 1; count <= 100; count++) audit.refused(stranger(`10.0.0.${count}`));
  expect([events.length, audit.refusals(remote)]).toEqual([5, []]);
  audit.refused(refusal);
  expect([events.length, audit.refusals(remote).length]).toEqual([6, 1]);
  expect(lines).toHaveLength(101);
});

it('who serves a Remote is no refusal of a key', () => {
  audit.refused({ ...refusal, reason: 'ServedElsewhere' });
  expect([lines.length, events, audit.refusals(remote)]).toEqual([1, [], []]);
});

it('no more than a thousand Remotes have refusals kept', () => {
  audit.refused(refusal);
  for (let count = 0; count < 1000; count++) audit.refused({ ...refusal, remote: { ...remote, uid: `other${count}` } });
  expect(audit.refusals(remote)).toEqual([]);
});
