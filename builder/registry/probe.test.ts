import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { RegistryClient } from './client.ts';
import { findDigest } from './probe.ts';

const { signal } = new AbortController();
const denied = new GitkubeError('RegistryDenied', 'UNAUTHORIZED');

function client(change: Partial<RegistryClient>): RegistryClient {
  const cancelled: string[] = [];
  const parts = { cancelled, cancelUpload: async (_: string, path: string) => void cancelled.push(path), ...change };
  return parts as unknown as RegistryClient;
}

// What Quay (401), GHCR and Artifactory (403) answer about a repository that the first push is going to create.
describe('a registry that hides whether a repository exists', () => {
  it('has no image in a repository that takes a push, and nothing is left of the probe', async () => {
    const registry = client({
      manifestDigest: () => Promise.reject(denied),
      beginUpload: async () => '/v2/a/blobs/uploads/1',
    });
    await expect(findDigest(registry, 'a', 'key', signal)).resolves.toBeUndefined();
    expect(registry).toMatchObject({ cancelled: ['/v2/a/blobs/uploads/1'] });
  });

  it('refuses an account that may not push', async () => {
    const registry = client({
      manifestDigest: () => Promise.reject(denied),
      beginUpload: () => Promise.reject(denied),
    });
    await expect(findDigest(registry, 'a', 'key', signal)).rejects.toBe(denied);
  });
});

it('a registry that answers is not probed', async () => {
  const down = new GitkubeError('RegistryUnavailable', 'down');
  const asked = () => Promise.reject(new Error('asked'));
  const there = client({ manifestDigest: async () => 'sha256:1', beginUpload: asked });
  await expect(findDigest(there, 'a', 'key', signal)).resolves.toBe('sha256:1');
  const unavailable = client({ manifestDigest: () => Promise.reject(down), beginUpload: asked });
  await expect(findDigest(unavailable, 'a', 'key', signal)).rejects.toBe(down);
});
