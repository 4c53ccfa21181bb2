import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/log.ts';
import type { EventFact, Remote, RemoteChange, RemoteEntry, RemoteLock } from '../../remote-crd/index.ts';
import { readLock } from '../../remote-crd/lock.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { Wish } from '../access/may.ts';
import type { Verb } from '../access/verbs.ts';
import { LockGateway } from './lock-gateway.ts';

const me = { fingerprint: 'mine', name: 'me elsewhere' };
const app = { namespace: 'ns', name: 'app' };
const at = '2026-01-01T00:00:00Z';

let entry: RemoteEntry;
let listeners: Set<(change: RemoteChange) => void>;
let answers: ('patched' | 'changed' | 'gone')[];
let patches: unknown[];
let recorded: EventFact[];
let verbs: Verb[];
let gateway: LockGateway;

/** The Remote as the API server has it from now on, and the watch brings it. */
function become(lock: RemoteLock | undefined, resourceVersion: string, more: object = {}) {
  const keys = [{ fingerprint: 'mine', comment: 'ada@laptop' }];
  const remote = {
    id: 'ns/app',
    ...app,
    environment: '',
    uid: 'u1',
    ...more,
    keys,
    ...(lock ? { lock } : {}),
  } as unknown as Remote;
  entry = { id: 'ns/app', ...app, uid: 'u1', resourceVersion, remote } as unknown as RemoteEntry;
  for (const listener of listeners) listener({ id: 'ns/app', entry });
}

beforeEach(() => {
  [listeners, answers, patches, recorded, verbs] = [new Set(), [], [], [], []];
  become(undefined, '1');
  const authorize = (_name: unknown, _principal: unknown, { verb }: Wish) => {
    verbs.push(verb);
    return entry.remote as Remote;
  };
  gateway = new LockGateway({
    access: { known: async () => {}, admit: authorize, authorize },
    branches: async () => ['main'],
    remotes: {
      byFingerprint: () => [],
      elsewhere: () => [],
      entry: () => entry,
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    kube: {
      annotateRemote: async (_namespace, _name, change) => {
        patches.push(change);
        const answer = answers.shift() ?? 'patched';
        const annotations = change.annotations as Record<string, string>;
        const lock = answer === 'patched' ? readLock(annotations['gitkube.sh/lock'] ? annotations : {}) : undefined;
        if (answer !== 'gone') setImmediate(() => become(lock, `${patches.length + 1}`));
        return answer;
      },
    },
    events: { record: (_, fact) => recorded.push(fact) },
    clock: new ManualClock(),
    log: silentLogger,
  });
});

describe('a lock', () => {
  const locked = { reason: 'freeze', by: 'ada@laptop', at };

  it('is written to the Remote, takes the right to operate, and is there when it resolves', async () => {
    expect(await gateway.lock(app, 'freeze', me)).toEqual({ remote: 'ns/app', lock: locked });
    const annotations = {
      'gitkube.sh/lock': 'freeze',
      'gitkube.sh/locked-by': 'ada@laptop',
      'gitkube.sh/locked-at': at,
    };
    expect(patches).toEqual([{ resourceVersion: '1', annotations }]);
    expect(entry.remote?.lock).toEqual(locked);
    expect(recorded).toEqual([{ reason: 'Locked', message: `locked by ada@laptop since ${at}: freeze` }]);
    expect(new Set(verbs)).toEqual(new Set(['lock']));
    expect(listeners.size).toBe(0);
  });

  it('is refused where it would keep nothing from being deployed', async () => {
    become(undefined, '1', { isOnlyEnvironments: true, environments: [{ id: 'ns/app/qa' }] });
    const refused = { reason: 'UsageInvalid', message: 'ns/app deploys nothing but its environments' };
    await expect(gateway.lock(app, 'freeze', me)).rejects.toMatchObject(refused);
    expect(patches).toEqual([]);
  });

  it('is not taken from somebody who has it', async () => {
    become({ reason: 'theirs', by: 'bob', at }, '1');
    const message = `ns/app is locked by bob since ${at}: theirs`;
    await expect(gateway.lock(app, 'mine', me)).rejects.toMatchObject({ reason: 'Locked', message });
    expect([patches, recorded]).toEqual([[], []]);
  });

  it('is tried again when the Remote has changed, and gives up when it is gone', async () => {
    answers = ['changed'];
    await gateway.lock(app, 'freeze', me);
    expect(patches).toMatchObject([{ resourceVersion: '1' }, { resourceVersion: '2' }]);
    become(undefined, '9');
    answers = ['gone'];
    await expect(gateway.lock(app, 'freeze', me)).rejects.toMatchObject({ reason: 'ObjectChanged' });
    expect(listeners.size).toBe(0);
  });

  it('ends by anybody who may operate, and says which it was', async () => {
    become({ reason: 'theirs', by: 'bob', at }, '1');
    expect(await gateway.unlock(app, me)).toEqual({ remote: 'ns/app', lock: { reason: 'theirs', by: 'bob', at } });
    const annotations = { 'gitkube.sh/lock': null, 'gitkube.sh/locked-by': null, 'gitkube.sh/locked-at': null };
    expect(patches).toEqual([{ resourceVersion: '1', annotations }]);
    const message = `unlocked by ada@laptop; it was locked by bob since ${at}: theirs`;
    expect([recorded, [...new Set(verbs)]]).toEqual([[{ reason: 'Unlocked', message }], ['lock']]);
    await expect(gateway.unlock(app, me)).rejects.toMatchObject({ message: 'ns/app is not locked' });
  });
});
