import { describe, expect, it } from 'vitest';
import type { Lease } from '../../kube/kube.ts';
import { Claim } from './claim.ts';
import { durationSeconds } from './lease-spec.ts';

const durationMs = durationSeconds * 1000;

function lease(holderIdentity: string, version: number): Lease {
  const metadata = { name: 'gitkube', namespace: 'team-a', uid: 'uid', resourceVersion: String(version) };
  return { metadata, spec: { holderIdentity, leaseDurationSeconds: durationSeconds } };
}

describe('the claim to a namespace', () => {
  it('waits for a holder that somebody wrote without a duration as long as for any other', () => {
    const claim = new Claim('me');
    const { metadata } = lease('other', 1);
    claim.see({ metadata, spec: { holderIdentity: 'other' } }, 0);
    expect(claim.next(durationMs - 1)).toEqual({ kind: 'wait', ms: 1 });
    expect(claim.next(durationMs)).toEqual({ kind: 'hold' });
  });

  it('is lost to a holder that was seen before the answer to an earlier write', () => {
    const claim = new Claim('me');
    claim.see(lease('other', 11), 1);
    claim.written(lease('me', 10), 0);
    expect([claim.isOurs(2), claim.other?.spec?.holderIdentity]).toEqual([false, 'other']);
    expect(claim.next(2).kind).toBe('wait');
  });

  it('goes on with the newest version when somebody else wrote a note on the Lease', () => {
    const claim = new Claim('me');
    claim.see(lease('me', 11), 1);
    claim.written(lease('me', 10), 0);
    expect([claim.isOurs(2), claim.lease?.metadata.resourceVersion]).toEqual([true, '11']);
  });
});
