import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isKept, keep, manifestTypes, uploadKept } from '../../scripts/images/image-cache.ts';
import { rig } from '../support/rig.ts';

const digestOf = async (registry: string) => {
  const [host, ...path] = registry.split('/');
  const url = `http://${host}/v2/${[...path, 'busybox'].join('/')}/manifests/1`;
  return (await fetch(url, { headers: { accept: manifestTypes } })).headers.get('docker-content-digest');
};

it('what an earlier run published is the same image in the next registry', async () => {
  const { registry } = rig();
  const cache = await mkdtemp(join(tmpdir(), 'gitkube-kept-'));
  try {
    expect(isKept(cache, 'busybox:1')).toBe(false);
    await keep(cache, 'busybox:1', registry);
    expect(isKept(cache, 'busybox:1')).toBe(true);
    const next = `${registry}/next${Math.random().toString(36).slice(2)}`;
    await uploadKept(cache, 'busybox:1', next);
    expect(await digestOf(next)).toMatch(/^sha256:/);
    expect(await digestOf(next)).toBe(await digestOf(registry));
    expect(await readdir(join(cache, 'images/published'))).toEqual(['busybox:1']);
  } finally {
    await rm(cache, { recursive: true });
  }
});
