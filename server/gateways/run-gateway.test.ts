import { beforeEach, describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { EventFact, Remote, RemoteChange } from '../../remote-crd/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { Wish } from '../access/may.ts';
import type { Verb } from '../access/verbs.ts';
import type { Repositories } from '../git/repositories.ts';
import type { RunClient } from '../runs/client.ts';
import type { RunRequest } from '../runs/one-run.ts';
import { Interrupted, type Runs, TimeOver } from '../runs/runs.ts';
import { RunGateway } from './run-gateway.ts';

const me = { fingerprint: 'mine', name: 'me elsewhere' };
const remote = {
  ...{ id: 'ns/app', namespace: 'ns', name: 'app', uid: 'u1' },
  keys: [{ fingerprint: 'mine', comment: 'ada@laptop' }],
  deployments: [{ kind: 'Deployment', name: 'www', containers: [{ name: 'web' }] }],
  // It is no deploy.
  lock: { reason: 'freeze' },
} as unknown as Remote;
const history = async () => ({
  releases: [{ number: 3, record: { images: [{ deployment: 'www', container: 'web', image: 'r/web@sha256:1' }] } }],
  unreadable: [],
});
const wish = { container: 'web', command: ['sh', '-c', 'exit 7'], tty: false, timeoutSeconds: 60 };

let listeners: Set<(change: RemoteChange) => void>;
let recorded: EventFact[];
let asked: RunRequest[];
let verbs: Verb[];
let logged: string[];
let looked: () => void;
let mayRun: boolean;
let left: AbortController;
let work: Runs['run'];

beforeEach(() => {
  [listeners, recorded, asked, verbs, mayRun] = [new Set(), [], [], [], true];
  [logged, looked] = [[], () => {}];
  left = new AbortController();
  work = async () => ({ code: 7, reason: 'Error' });
});

function run(isOn = true) {
  const authorize = (_name: unknown, _principal: unknown, { verb }: Wish) => {
    verbs.push(verb);
    if (!mayRun) throw new GitkubeError('RemoteUnknown', 'no Remote ns/app accepts the key');
    return remote;
  };
  const findOf = async () => {
    looked();
    return { history };
  };
  const log = { info: (_facts: object, line: string) => void logged.push(line) } as unknown as Logger;
  const repositories = { findOf } as unknown as Pick<Repositories, 'findOf'>;
  const gateway = new RunGateway({
    access: { known: async () => {}, admit: authorize, authorize },
    branches: async () => ['main'],
    remotes: {
      byFingerprint: () => [remote],
      elsewhere: () => [],
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    repositories,
    runs: {
      run: (request, ...others) => {
        asked.push(request);
        return work(request, ...others);
      },
    },
    isOn,
    events: { record: (_remote, fact) => void recorded.push(fact) },
    clock: new ManualClock(),
    log,
  });
  return gateway.run(undefined, wish, me, { left: left.signal } as unknown as RunClient);
}

describe('a run', () => {
  it('is of the released image, takes the right to deploy, and leaves an Event', async () => {
    expect(await run()).toEqual({ code: 7, reason: 'Error' });
    expect(asked).toMatchObject([{ image: 'r/web@sha256:1', by: 'ada@laptop', command: wish.command }]);
    expect(new Set(verbs)).toEqual(new Set(['run']));
    expect(logged).toEqual(['a command begins', 'a command was run']);
    const message = 'ada@laptop ran in www/web: sh -c exit 7 (exit code 7, 0 s)';
    expect(recorded).toEqual([{ reason: 'Ran', message }]);
    expect(listeners.size).toBe(0);
  });

  it('is refused where it is off, with what turns it on', async () => {
    await expect(run(false)).rejects.toMatchObject({
      reason: 'RunOff',
      hint: [
        'ask the operator to set run.enabled=true in the values of the chart (gitkube install --values, or helm upgrade --set)',
      ],
    });
    expect([asked, recorded]).toEqual([[], []]);
  });

  it.each([
    ['time over', new TimeOver()],
    ['interrupted', new Interrupted()],
  ])('that ends with %s is reported as that', async (end, thrown) => {
    work = async () => {
      throw thrown;
    };
    expect(await run()).toBe(end);
    expect(recorded[0]?.message).toContain(`(${end}, 0 s)`);
  });

  it('whose client leaves is no error', async () => {
    work = async () => {
      left.abort();
      throw left.signal.reason;
    };
    expect(await run()).toBe('client left');
    expect(recorded[0]?.message).toContain('(client left, 0 s)');
  });

  it('that fails is reported with why', async () => {
    work = async () => {
      throw new GitkubeError('ImagePullFailed', 'no such image');
    };
    await expect(run()).rejects.toMatchObject({ reason: 'ImagePullFailed' });
    expect(recorded[0]?.message).toContain('(no such image, 0 s)');
  });

  it('does not begin when its key was removed before it is watched', async () => {
    looked = () => {
      mayRun = false;
    };
    await expect(run()).rejects.toMatchObject({ reason: 'RemoteUnknown' });
    expect([asked, listeners.size]).toEqual([[], 0]);
  });

  it('ends when its key expires, which is no change of the Remote', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const began = Promise.withResolvers<void>();
      work = (_request, _client, signal) => {
        began.resolve();
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
        );
      };
      const running = run();
      await began.promise;
      mayRun = false;
      vi.advanceTimersByTime(5000);
      await expect(running).rejects.toMatchObject({ reason: 'RemoteUnknown' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends when its key is removed from the Remote, and not when another Remote changes', async () => {
    work = async (_request, _client, over) => {
      mayRun = false;
      for (const listener of listeners) listener({ id: 'ns/other' } as RemoteChange);
      expect(over.aborted).toBe(false);
      for (const listener of listeners) listener({ id: 'ns/app' } as RemoteChange);
      throw over.reason;
    };
    await expect(run()).rejects.toMatchObject({ reason: 'RemoteUnknown' });
  });
});
