import { describe, expect, it, vi } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { EngineMessage } from '../engine/build-events.ts';
import type { Engine, EnginePush, EnginePushResult } from '../engine/engine.ts';
import type { PlannedImage } from '../types.ts';
import { type PushImageInputs, pushImage } from './push-image.ts';

const container = { name: 'web', path: '.', dockerfile: 'Dockerfile', buildArgs: [] };
const image: PlannedImage = {
  target: { deployment: 'www', container },
  label: 'www/web',
  repository: 'r.example/x/a-b-a.www-web',
  buildKey: 'abc',
  buildArgs: {},
};
const limits = { pushTimeoutMs: 600_000, pushStallMs: 60_000 };
const none = new AbortController().signal;

interface Setting {
  /** One try of the engine. */
  readonly push?: (push: EnginePush, attempt: number) => Promise<EnginePushResult>;
  readonly ping?: () => Promise<void>;
  /** What the registry says to somebody who asks. */
  readonly beginUpload?: () => Promise<string | undefined>;
  readonly signal?: AbortSignal;
}

function pushing({ push, ping = async () => {}, beginUpload = async () => undefined, signal = none }: Setting) {
  const pushes: EnginePush[] = [];
  const lines: string[] = [];
  const engine = {
    address: 'unix:///engine.sock',
    ping,
    push: (given: EnginePush) => {
      pushes.push(given);
      return push?.(given, pushes.length) ?? frozen(given);
    },
  } as unknown as Engine;
  const clock = new ManualClock();
  const client = { beginUpload, finishUpload: async () => '' } satisfies PushImageInputs['client'];
  const destination = { namespace: 'a', remote: 'b', registryUrl: 'r.example/x' };
  const say = (line: string) => void lines.push(line);
  let settled = false;
  const result = pushImage({ engine, client, clock, limits, destination, image, say, signal })
    .catch((error: unknown) => error)
    .finally(() => {
      settled = true;
    });
  /** Lets seconds pass, one by one, with all that happens in them; @returns how many the push needed to end. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      if (settled) return second;
      clock.advance(1000);
    }
    return seconds;
  };
  return { result, pushes, lines, clock, pass, message: (message: EngineMessage) => pushes.at(-1)?.onMessage(message) };
}

/** Nothing comes until somebody ends it. */
function frozen({ signal }: EnginePush): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

function answers(...results: EnginePushResult[]) {
  return async (_: EnginePush, attempt: number) => results[attempt - 1] ?? { failure: 'called too often' };
}

const layer = (id: string, status: string, current = 0) => ({ id, status, progressDetail: { current, total: 10e6 } });
const unreachable = (): Promise<undefined> =>
  Promise.reject(new GitkubeError('RegistryUnavailable', 'the registry r.example does not answer (ECONNREFUSED)'));

describe('pushImage', () => {
  it('pushes under the tag of the build key', async () => {
    const { result, pushes, clock } = pushing({ push: answers({ digest: 'sha256:1' }) });
    expect(await result).toBe('sha256:1');
    expect(pushes).toMatchObject([{ repository: image.repository, tag: 'key-abc' }]);
    await vi.waitFor(() => expect(clock.pending).toBe(0));
  });

  it('retries what may pass, and says why and for how long', async () => {
    const push = answers({ failure: 'received unexpected HTTP status: 502 Bad Gateway' }, { digest: 'sha256:1' });
    const { result, lines, pass } = pushing({ push });
    await pass(5);
    expect(await result).toBe('sha256:1');
    expect(lines).toEqual([
      'pushing again: the push to r.example failed: received unexpected HTTP status: 502 Bad Gateway; giving up in 180 s',
    ]);
  });

  it('tries for as long as the limit, and no longer', async () => {
    const { result, pushes, lines, pass } = pushing({ push: async () => ({ failure: 'EOF' }) });
    expect(await pass(200)).toBeLessThanOrEqual(70);
    expect(await result).toMatchObject({
      reason: 'RegistryUnavailable',
      message: 'the push to r.example failed: EOF; tried for 60 s',
    });
    expect(pushes.length).toBeGreaterThan(20);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(12);
  });

  it('reports a new failure at once', async () => {
    const push = answers({ failure: 'EOF' }, { failure: 'EOF' }, { failure: 'no such host' }, { digest: 'sha256:1' });
    const { result, lines, pass } = pushing({ push });
    await pass(20);
    expect(await result).toBe('sha256:1');
    expect(lines.map((line) => /failed: (.*);/.exec(line)?.[1])).toEqual(['EOF', 'no such host']);
  });

  it('has three times the patience with a registry that answers', async () => {
    const { result, pass } = pushing({ push: async () => ({ failure: 'received unexpected HTTP status: 500 x' }) });
    expect(await pass(400)).toBeGreaterThanOrEqual(180);
    expect(await result).toMatchObject({ message: expect.stringMatching(/500 x; tried for 180 s$/) });
  });

  it('starts its limit again when a layer was stored', async () => {
    const { result, pushes, pass } = pushing({
      push: async ({ onMessage }, attempt) => {
        if (attempt % 60 === 0) onMessage(layer(`layer${attempt}`, 'Pushed'));
        return attempt === 200 ? { digest: 'sha256:1' } : { failure: 'received unexpected HTTP status: 500' };
      },
    });
    await pass(600);
    expect(await result).toBe('sha256:1');
    expect(pushes).toHaveLength(200);
  });

  it.each([
    ['denied: requested access to the resource is denied', 'RegistryDenied'],
    ['received unexpected HTTP status: 507 Insufficient Storage', 'RegistryRefused'],
  ])('does not try again after %j', async (failure, reason) => {
    const { result, pushes } = pushing({ push: answers({ failure }) });
    expect(await result).toMatchObject({ reason });
    expect(pushes).toHaveLength(1);
  });

  it('ends when its push does', async () => {
    const outer = new AbortController();
    const { result, clock } = pushing({ signal: outer.signal });
    outer.abort(new Error('the server stops'));
    expect(await result).toMatchObject({ message: 'the server stops' });
    await vi.waitFor(() => expect(clock.pending).toBe(0));
  });
});

describe('a registry that takes the upload and does not answer', () => {
  it('ends the push, with progress every five seconds until then', async () => {
    const { result, lines, message, pass } = pushing({});
    message(layer('a', 'Pushing', 10e6));
    expect(await pass(200)).toBe(60);
    expect(await result).toMatchObject({
      reason: 'RegistryUnavailable',
      message: 'the registry r.example has not taken a byte of the image for 60 s',
    });
    expect(lines).toHaveLength(11);
    expect(lines.slice(0, 2)).toEqual([
      'the registry r.example has not taken a byte of the image for 5 s; giving up in 55 s',
      'the registry r.example has not taken a byte of the image for 10 s; giving up in 50 s',
    ]);
  });

  it('has time as long as bytes move, and the whole push has a limit', async () => {
    const { result, message, pass } = pushing({});
    for (let n = 1; n <= 12; n++) {
      message(layer('a', 'Pushing', n));
      expect(await pass(50)).toBe(50);
    }
    expect(await pass(10)).toBeLessThan(10);
    expect(await result).toMatchObject({ reason: 'PushTimeout', message: expect.stringContaining('10 min 00 s') });
  });

  it('is not blamed while the engine is busy with other pushes', async () => {
    const { result, message, lines, pass } = pushing({});
    message(layer('a', 'Preparing'));
    message(layer('a', 'Waiting'));
    expect(await pass(200)).toBe(200);
    expect(lines).toEqual([]);
    message(layer('a', 'Pushing', 1));
    expect(await pass(200)).toBe(60);
    expect(await result).toMatchObject({ reason: 'RegistryUnavailable' });
  });
});

it('a registry that answers only after the push has ended is no longer reported', async () => {
  const answer = Promise.withResolvers<undefined>();
  const ended = Promise.withResolvers<EnginePushResult>();
  const { result, lines, message } = pushing({ beginUpload: () => answer.promise, push: () => ended.promise });
  message(layer('a', 'Retrying in 5 seconds'));
  await new Promise(setImmediate);
  ended.resolve({ digest: 'sha256:1' });
  expect(await result).toBe('sha256:1');
  answer.resolve(undefined);
  await new Promise(setImmediate);
  expect(lines).toEqual([]);
});

it('a registry that went away is named with what it answers now', async () => {
  const { result, lines, message, pass } = pushing({ beginUpload: unreachable });
  message(layer('a', 'Retrying in 5 seconds'));
  message(layer('a', 'Retrying in 4 seconds'));
  expect(await pass(1)).toBe(1);
  expect(lines).toEqual([
    'the registry r.example does not answer (ECONNREFUSED); the engine tries again in 5 s, giving up in 60 s',
  ]);
  expect(await pass(200)).toBe(59);
  expect(await result).toMatchObject({
    reason: 'RegistryUnavailable',
    message: 'the registry r.example does not answer (ECONNREFUSED) and has not taken a byte of the image for 60 s',
  });
});

it.each([
  ['a registry that is gone', unreachable, 60, 'the registry r.example does not answer (ECONNREFUSED); tried for 60 s'],
  [
    'a registry that answers',
    () => Promise.resolve(undefined),
    180,
    'the registry r.example did not take a layer in 180 s',
  ],
] as const)(
  '%s and takes no layer ends the push when its countdown is over',
  async (_, beginUpload, limit, expected) => {
    const { result, lines, message, pass } = pushing({ beginUpload });
    let second = 0;
    do message(layer('a', second % 20 < 10 ? `Retrying in ${10 - (second % 20)} seconds` : 'Pushing', second));
    while (second++ < 300 && (await pass(1)) === 1);
    expect(second).toBeGreaterThanOrEqual(limit);
    expect(second).toBeLessThanOrEqual(limit + 10);
    expect(await result).toMatchObject({ message: expected });
    const countdown = lines.map((line) => Number(/giving up in (\d+) s/.exec(line)?.[1]));
    expect(countdown).toEqual(countdown.toSorted((a, b) => b - a));
    expect(countdown[0]).toBe(limit);
    expect(lines[1]).toContain('the engine tries again in 6 s');
  },
);

it('a registry without room ends the push at the first retry of the engine', async () => {
  const full = new GitkubeError('RegistryRefused', 'the registry r.example has no room');
  const { result, message, pass } = pushing({ beginUpload: () => Promise.reject(full) });
  message(layer('a', 'Retrying in 5 seconds'));
  expect(await pass(60)).toBe(0);
  expect(await result).toBe(full);
});

it('a frozen engine is named, and not the registry', async () => {
  const { result, lines, message, pass } = pushing({ ping: () => Promise.reject(new Error('no answer')) });
  message(layer('a', 'Pushing', 1));
  expect(await pass(200)).toBe(60);
  expect(lines[0]).toBe('the Docker Engine at unix:///engine.sock has not answered for 5 s; giving up in 55 s');
  expect(await result).toMatchObject({
    reason: 'EngineUnavailable',
    message: 'the Docker Engine at unix:///engine.sock has not answered for 60 s',
  });
});

it('a push reports how much is pushed as long as bytes move', async () => {
  const { lines, message, pass } = pushing({});
  for (let n = 1; n <= 12; n++) {
    message(layer('a', 'Pushing', n * 1e6));
    await pass(1);
  }
  expect(lines).toEqual(['pushed 6 of 10 MB']);
});
