import { beforeEach, describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { Remote, RemoteEntry } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Access } from './access.ts';
import type { Refused } from './audit.ts';
import { type ChoiceParts, chooseRemote } from './choose-remote.ts';
import type { Act } from './may.ts';

const clock = new ManualClock();
const app = { namespace: 'shop', name: 'app' };
const ci = { fingerprint: 'SHA256:ci', name: 'ci', address: '10.1.2.3' };
const eve = { fingerprint: 'SHA256:eve', name: 'eve' };

let entry: Partial<RemoteEntry> | 'ambiguous' | undefined;
let allowed: Act[];
let refused: Refused[];
let access: Access;

function remote(changes: Partial<Remote> = {}, limits = {}): Remote {
  const keys = [{ fingerprint: 'SHA256:ci', comment: 'ci@shop', ...limits }];
  return { id: 'shop/app', ...app, uid: 'u1', keys, ...changes } as unknown as Remote;
}

beforeEach(() => {
  [entry, allowed, refused] = [{ remote: remote() }, [], []];
  access = new Access({
    remotes: { byOldName: () => entry as never, entry: () => entry as never, judged: async () => {} },
    audit: { allowed: (asked) => void allowed.push(asked), refused: (asked) => void refused.push(asked) },
    clock,
    urlForm: () => 'ssh://host/<namespace>/<name>',
  });
});

describe('a request', () => {
  it('that is allowed is in the audit once, however often it is asked again', () => {
    access.admit(app, ci, { verb: 'fetch' });
    access.authorize(app, ci, { verb: 'fetch' });
    expect(allowed).toMatchObject([{ remote: { id: 'shop/app' }, principal: ci, verb: 'fetch' }]);
    expect(refused).toEqual([]);
  });

  it('of a key that the Remote does not list reads as one for a Remote that is not there', () => {
    const ask = () => access.admit(app, eve, { verb: 'fetch' });
    expect(ask).toThrow('no Remote shop/app accepts the key SHA256:eve');
    entry = undefined;
    expect(ask).toThrow('no Remote shop/app accepts the key SHA256:eve');
    expect(refused.map(({ isListed, reason }) => [isListed, reason])).toEqual([
      [false, 'RemoteUnknown'],
      [false, 'RemoteUnknown'],
    ]);
    expect(refused.at(1)?.remote).toBe('shop/app');
  });

  it('for an environment that is not there says which there are, if the key may read the Remote', () => {
    const staging = { environment: 'staging' } as Remote;
    const whole = { remote: remote({ environments: [staging] }) } as RemoteEntry;
    const known = (id: string) => (id === 'shop/app' ? whole : undefined);
    const parts = { byOldName: () => undefined, entry: known, judged: async () => {} };
    const asked = new Access({
      ...{ remotes: parts, clock, urlForm: () => '' },
      audit: { allowed: () => {}, refused: (one) => void refused.push(one) },
    });
    const ask = (who: typeof ci) => () => asked.admit({ ...app, environment: 'qa' }, who, { verb: 'inspect' });
    expect(ask(ci)).toThrow('shop/app has no environment qa: it has staging');
    expect(ask({ ...ci, fingerprint: 'SHA256:eve' })).toThrow('no Remote shop/app/qa accepts the key SHA256:eve');
    expect(refused).toHaveLength(2);
  });

  it('of a key that is listed and may not is in the audit with why', () => {
    entry = { remote: remote({ access: [{ keys: ['SHA256:ci'], rights: ['read'] }] }) };
    expect(() => access.admit(app, ci, { verb: 'run', branches: ['main'] })).toThrow('may not run commands');
    expect(refused).toMatchObject([{ isListed: true, verb: 'run', branches: ['main'], reason: 'AccessDenied' }]);
    expect(allowed).toEqual([]);
  });

  it('is refused from the moment in which the key expires', async () => {
    entry = { remote: remote({}, { limits: [{ expiresAt: clock.now() + 1000 }] }) };
    access.admit(app, ci, { verb: 'fetch' });
    await clock.advance(1000);
    expect(() => access.authorize(app, ci, { verb: 'fetch' })).toThrow('the key ci@shop of shop/app expired at ');
  });

  it('by an old URL that means two Remotes, and one for a Remote of another server, are in the audit as well', () => {
    entry = 'ambiguous';
    expect(() => access.authorize({ old: 'shop-app' }, ci, { verb: 'fetch' })).toThrow('matches more than one Remote');
    const error = new GitkubeError('ServedElsewhere', 'another Gitkube serves namespace shop');
    entry = { elsewhere: { remote: remote(), error } } as unknown as RemoteEntry;
    expect(() => access.authorize(app, ci, { verb: 'fetch' })).toThrow('another Gitkube serves namespace shop');
    expect(refused.map(({ reason }) => reason)).toEqual(['RemoteUnknown', 'ServedElsewhere']);
  });
});

describe('a command', () => {
  const choose = (verb: 'inspect' | 'restart', branches: readonly string[]) => {
    const remotes = { byFingerprint: () => [remote()], elsewhere: () => [] } as unknown as ChoiceParts['remotes'];
    return chooseRemote({ access, remotes, branches: async () => branches }, undefined, ci, verb);
  };

  it('is allowed by the branch of what runs, and reads whatever that is', async () => {
    entry = { remote: remote({ access: [{ keys: ['SHA256:ci'], rights: ['deploy'], branches: ['preview/*'] }] }) };
    await expect(choose('restart', ['main'])).rejects.toMatchObject({ reason: 'AccessDenied' });
    expect(await choose('restart', ['preview/x'])).toMatchObject({ id: 'shop/app' });
    expect(await choose('inspect', ['main'])).toMatchObject({ id: 'shop/app' });
    expect(allowed.map(({ verb, branches }) => [verb, branches])).toEqual([
      ['restart', ['preview/x']],
      ['inspect', undefined],
    ]);
  });
});
