import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRegistry } from '../../test/support/quick-registry.ts';
import { FakeRegistry } from '../promote/testing/fake-registry.ts';
import { attachDocument, listReferrers } from './referrer.ts';

let registry: FakeRegistry;
let digest: string;
const { signal } = new AbortController();

beforeEach(async () => {
  registry = await FakeRegistry.start();
  digest = registry.putManifest('a', { schemaVersion: 2, layers: [] });
});
afterEach(() => registry[Symbol.asyncDispose]());

const place = () => ({ client: openRegistry(registry.host, false), path: 'a' });
const attach = (content = 'statement') =>
  attachDocument(
    digest,
    { mediaType: 'text/x', content: Buffer.from(content), annotations: { a: 'b' } },
    place(),
    signal,
  );
const tag = () => `a ${digest.replace(':', '-')}`;
const listed = async () => (await listReferrers(digest, place(), signal)).map(({ artifactType }) => artifactType);

it('a registry that lists what refers to an image gets no tag for it', async () => {
  registry.listsReferrers = true;
  await attach();
  expect(registry.manifests.has(tag())).toBe(false);
  expect(await listed()).toEqual(['text/x']);
});

it('another one gets an index behind a tag, with the subject as the image is', async () => {
  await attach();
  const index = JSON.parse(registry.manifests.get(tag())?.toString() ?? '');
  expect(index).toMatchObject({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ artifactType: 'text/x', annotations: { a: 'b' } }],
  });
  const { body = Buffer.alloc(0) } = { body: registry.manifests.get(`a ${index.manifests[0].digest}`) };
  expect(index.manifests[0].size).toBe(body.length);
  const size = registry.manifests.get(`a ${digest}`)?.length;
  expect(JSON.parse(body.toString())).toMatchObject({ artifactType: 'text/x', subject: { digest, size } });
});

it('what others have in the index stays as it is, and the same document is there once', async () => {
  const theirs = { mediaType: 'x/y', digest: `sha256:${'0'.repeat(64)}`, size: 1, platform: { os: 'linux' } };
  registry.manifests.set(tag(), Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [theirs] })));
  await attach();
  await attach();
  await attach('another');
  const { manifests } = JSON.parse(registry.manifests.get(tag())?.toString() ?? '');
  expect(manifests).toHaveLength(3);
  expect(manifests[0]).toEqual(theirs);
});

it('an index that cannot be read is not overwritten', async () => {
  registry.manifests.set(tag(), Buffer.from('[]'));
  await expect(attach()).rejects.toThrow('its list of documents about the image cannot be read');
  expect(registry.manifests.get(tag())?.toString()).toBe('[]');
});

it('a registry that takes the tag for the image itself gets the index all the same', async () => {
  registry.manifests.set(tag(), registry.manifests.get(`a ${digest}`) ?? Buffer.alloc(0));
  await attach();
  expect(await listed()).toEqual(['text/x']);
});

it('several at once are all listed', async () => {
  await Promise.all([attach('one'), attach('two'), attach('three')]);
  expect(await listed()).toEqual(['text/x', 'text/x', 'text/x']);
});

it('an image that is not there gets none', async () => {
  registry.manifests.clear();
  await expect(attach()).rejects.toThrow(`does not have ${digest}`);
});
