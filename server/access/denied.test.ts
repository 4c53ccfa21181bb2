import { describe, expect, it } from 'vitest';
import type { AccessRule, Remote } from '../../remote-crd/index.ts';
import { denied } from './denied.ts';
import type { Principal } from './principal.ts';

const now = Date.UTC(2027, 5, 1);
const names = ['ada', 'bob', 'eve', 'fay', 'gus', 'hal', 'ci'];
const keys = names.map((name) => ({ fingerprint: `SHA256:${name}`, comment: `${name}@shop` }));

function remoteWith(...access: AccessRule[]): Remote {
  return { id: 'shop/app', namespace: 'shop', name: 'app', keys, access } as unknown as Remote;
}

const ci: Principal = { fingerprint: 'SHA256:ci', name: 'some name elsewhere', address: '10.1.2.3' };
const onlyDev: AccessRule = { keys: ['SHA256:ci'], rights: ['deploy'], branches: ['dev', 'preview/*'] };
const onlyRead: AccessRule = { keys: 'others', rights: ['read'] };

describe('a key without the right', () => {
  it('reads what it may do, and who may do what it wanted to', () => {
    const ada: AccessRule = { keys: ['SHA256:ada', 'SHA256:bob'], rights: ['deploy', 'operate'] };
    const wish = { verb: 'push', branches: ['main'] } as const;
    const error = denied(remoteWith(onlyDev, onlyRead, ada), ci, wish, { kind: 'right' }, now);
    expect(error.reason).toBe('AccessDenied');
    expect(error.message).toBe('the key ci@shop may not deploy branch main of shop/app');
    expect(error.hint).toEqual([
      'it may deploy dev and preview/*',
      expect.stringMatching(/^those who may: ada@shop, bob@shop; to see all keys, type: ssh .* keys shop\/app$/),
    ]);
  });

  it('reads five of many who may', () => {
    const error = denied(remoteWith(onlyDev), ci, { verb: 'run' }, { kind: 'right' }, now);
    expect(error.message).toBe('the key ci@shop may not run commands in the containers of shop/app');
    expect(error.hint[1]).toContain('those who may: ada@shop, bob@shop, eve@shop, fay@shop, gus@shop, …; ');
  });

  it('does not read of a key that has expired', () => {
    const { keys: all, ...rest } = remoteWith(onlyDev);
    const limits = [{ expiresAt: now - 1 }];
    const remote = { ...rest, keys: all.map((key, at) => (at < 5 ? { ...key, limits } : key)) };
    const error = denied(remote, ci, { verb: 'run' }, { kind: 'right' }, now);
    expect(error.hint[1]).toContain('those who may: hal@shop; ');
  });

  it('reads that nobody may', () => {
    const error = denied(remoteWith(onlyRead), ci, { verb: 'cancel' }, { kind: 'right' }, now);
    expect(error.message).toBe('the key ci@shop may not cancel deploys of others to shop/app');
    expect(error.hint).toEqual(['it may read', expect.stringMatching(/^no key of it may; to see all keys/)]);
  });
});

describe('a key with limits', () => {
  const remote = remoteWith();
  const wish = { verb: 'fetch' } as const;

  it('reads since when it is expired', () => {
    const error = denied(remote, ci, wish, { kind: 'expired', at: Date.UTC(2027, 0, 31) }, now);
    expect(error).toMatchObject({
      reason: 'KeyExpired',
      message: 'the key ci@shop of shop/app expired at 2027-01-31T00:00:00Z',
    });
  });

  it('reads from which address it is not accepted, and not from which it would be', () => {
    const error = denied(remote, ci, wish, { kind: 'address' }, now);
    expect(error).toMatchObject({
      reason: 'AddressDenied',
      message: 'shop/app does not accept the key ci@shop from 10.1.2.3',
    });
  });

  it.each(['touch', 'pin'] as const)('reads that its security token needs a %s', (kind) => {
    const error = denied(remote, ci, wish, { kind }, now);
    expect(error.reason).toBe('TokenUnused');
    expect(error.hint.join()).toContain('ssh-keygen -t ed25519-sk');
  });
});
