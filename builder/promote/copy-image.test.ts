import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRegistry } from '../../test/support/quick-registry.ts';
import { copyImage } from './copy-image.ts';
import { FakeRegistry } from './testing/fake-registry.ts';

let near: FakeRegistry;
let far: FakeRegistry;

beforeEach(async () => {
  near = await FakeRegistry.start();
  far = await FakeRegistry.start();
});
afterEach(async () => {
  await near[Symbol.asyncDispose]();
  await far[Symbol.asyncDispose]();
});

const layer = Buffer.alloc(300_000, 'layer');
const config = Buffer.from('{"os":"linux"}');

/** An image in the repository `a`. */
function image(registry: FakeRegistry, of = layer): string {
  const part = (content: Buffer) => ({ digest: registry.putBlob('a', content), size: content.length });
  return registry.putManifest('a', { schemaVersion: 2, config: part(config), layers: [part(of), part(of)] });
}

/** Copies it to the repository `b`. */
function copy(digest: string, to: FakeRegistry, stallMs = 60_000) {
  const place = (registry: FakeRegistry, path: string) => ({ client: openRegistry(registry.host, false), path });
  const signal = new AbortController().signal;
  return copyImage(digest, 'key-1', { from: place(near, 'a'), to: place(to, 'b'), stallMs, signal });
}

it('in one registry its blobs are mounted, each once, and nothing is sent', async () => {
  const digest = image(near);
  expect(await copy(digest, near)).toEqual({ blobs: { there: 0, mounted: 2, copied: 0 }, bytes: 0 });
  expect(near.manifests.get('b key-1')).toEqual(near.manifests.get(`a ${digest}`));
  expect(near.asked.filter((one) => one.startsWith('GET') && one.includes('/blobs/'))).toEqual([]);
  expect(await copy(digest, near)).toMatchObject({ blobs: { there: 2, mounted: 0, copied: 0 } });
});

it('in a registry that mounts nothing they are copied through this process', async () => {
  near.mounts = false;
  const copied = await copy(image(near), near);
  expect(copied).toEqual({ blobs: { there: 0, mounted: 0, copied: 2 }, bytes: layer.length + config.length });
  expect([...near.blobs.keys()].filter((key) => key.startsWith('b '))).toHaveLength(2);
});

it('between two registries they are copied, and its manifest comes last', async () => {
  expect(await copy(image(near), far)).toMatchObject({ blobs: { copied: 2 } });
  expect(far.asked.at(-1)).toBe('PUT /v2/b/manifests/key-1');
});

it('an index is copied with its images, which are there before it', async () => {
  const child = image(near);
  const size = near.manifests.get(`a ${child}`)?.length;
  const index = near.putManifest('a', { schemaVersion: 2, manifests: [{ digest: child, size }] });
  await copy(index, far);
  const puts = far.asked.filter((one) => one.includes('manifests'));
  expect(puts).toEqual([`PUT /v2/b/manifests/${child}`, 'PUT /v2/b/manifests/key-1']);
});

it.each([
  ['other', Buffer.alloc(layer.length, 'other')],
  ['shorter', layer.subarray(0, 1000)],
  [
    'longer, with a request behind it',
    Buffer.concat([layer, Buffer.from('PUT /v2/victim/manifests/x HTTP/1.1\r\nhost: x\r\n\r\n')]),
  ],
])('content that is %s than its digest says is refused, and nothing of that goes on', async (_what, content) => {
  const digest = image(near);
  const [key = ''] = [...near.blobs.entries()].find(([, bytes]) => bytes === layer) ?? [];
  near.blobs.set(key, content);
  await expect(copy(digest, far)).rejects.toThrow(/what the registry 127\.\S+ has as sha256:\w+ is something else/);
  expect(far.manifests.size).toBe(0);
  expect(far.asked.join()).not.toContain('victim');
});

it('a registry that leads elsewhere for a blob that it has, has it', async () => {
  const digest = image(near);
  await copy(digest, far);
  far.redirect = 'https://storage.example.com';
  expect(await copy(digest, far)).toMatchObject({ blobs: { there: 2, copied: 0 } });
});

it('a registry that refuses the mount gets a copy', async () => {
  near.refusesMounts = true;
  expect(await copy(image(near), near)).toMatchObject({ blobs: { mounted: 0, copied: 2 } });
});

it('a registry that hides what it does not have gets a copy', async () => {
  far.hidesMissing = true;
  expect(await copy(image(near), far)).toMatchObject({ blobs: { copied: 2 } });
});

it('a manifest that is not what its digest says is refused', async () => {
  const digest = image(near);
  near.manifests.set(`a ${digest}`, Buffer.from('{"manifests":[]}'));
  await expect(copy(digest, far)).rejects.toThrow('has another digest');
  expect(far.asked).toEqual([]);
});

it.each([
  ['no JSON', Buffer.from('{')],
  ['no manifest', Buffer.from('{"layers":1}')],
])('what is %s is no image', async (_what, body) => {
  const digest = near.putBlob('a', body);
  near.manifests.set(`a ${digest}`, body);
  await expect(copy(digest, far)).rejects.toThrow('is no image');
});

it('an image that is gone is named', async () => {
  await expect(copy(`sha256:${'0'.repeat(64)}`, far)).rejects.toThrow('it no longer has sha256:000');
});

it('a blob that stops to come ends the copy', async () => {
  near.isSilent = true;
  await expect(copy(image(near), far, 200)).rejects.toThrow(
    `no byte has come from the registry ${near.host} to ${far.host} for 0.2 s`,
  );
});

it('a registry that keeps its blobs elsewhere is followed only to what is as public as itself', async () => {
  const digest = image(near);
  near.redirect = `http://${far.host}/v2/a/blobs`;
  await expect(copy(digest, far)).rejects.toThrow('keeps its blobs at an address that this server must not read');
  near.redirect = `http://${near.host}/v2/elsewhere/blobs`;
  await expect(copy(digest, far)).rejects.toThrow();
  expect(near.asked.some((one) => one.startsWith('GET /v2/elsewhere/blobs/'))).toBe(true);
});
