import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import type { Engine, EnginePush, EnginePushResult } from './engine.ts';
import { pushImage } from './push-image.ts';
import type { PlannedImage } from './types.ts';

const container = { name: 'web', path: '.', dockerfile: 'Dockerfile', buildArgs: [] };
const image: PlannedImage = {
  target: { deployment: 'www', container },
  label: 'www/web',
  repository: 'r.example/x/a-b-a.www-web',
  buildKey: 'abc',
};

async function push(results: EnginePushResult[]) {
  const pushes: EnginePush[] = [];
  const lines: string[] = [];
  const engine = {
    push: async (given: EnginePush) => {
      pushes.push(given);
      return results[pushes.length - 1] ?? { failure: 'called too often' };
    },
  } as unknown as Engine;
  const destination = { namespace: 'a', remote: 'b', registryUrl: 'r.example/x' };
  const clock = { ...systemClock, delay: async () => {} };
  const { signal } = new AbortController();
  const result = pushImage({ engine, clock, destination, image, say: (line) => lines.push(line), signal });
  return { result: await result.catch((error: unknown) => error), pushes, lines };
}

describe('pushImage', () => {
  it('pushes under the tag of the build key', async () => {
    const { result, pushes } = await push([{ digest: 'sha256:1' }]);
    expect(result).toBe('sha256:1');
    expect(pushes).toMatchObject([{ repository: image.repository, tag: 'key-abc' }]);
  });

  it('tries again what may pass, and says so', async () => {
    const { result, lines } = await push([{ failure: 'received unexpected HTTP status: 502' }, { digest: 'sha256:1' }]);
    expect(result).toBe('sha256:1');
    expect(lines).toEqual(['pushing again: the push to r.example failed: received unexpected HTTP status: 502']);
  });

  it.each([
    ['denied: requested access to the resource is denied', 'RegistryDenied', /Secret/],
    ['unauthorized: authentication required', 'RegistryDenied', /Secret/],
    ['no basic auth credentials', 'RegistryDenied', /Secret/],
    ['name unknown: The repository with name x does not exist', 'RegistryDenied', /create the repository/],
  ])('does not try again after %j', async (failure, reason, hint) => {
    const { result, pushes } = await push([{ failure }]);
    expect(result).toMatchObject({ reason, hint: [expect.stringMatching(hint)] });
    expect(pushes).toHaveLength(1);
  });

  it('says how an engine is told to do without TLS', async () => {
    const failure = 'Get "https://r.example/v2/": http: server gave HTTP response to HTTPS client';
    const { result } = await push([{ failure }, { failure }, { failure }]);
    expect(result).toMatchObject({
      reason: 'RegistryUnavailable',
      hint: ['start the Docker Engine with --insecure-registry r.example'],
    });
  });
});
