import { allOrFirstError } from '../../base/all-or-first-error.ts';
import { GitkubeError } from '../../base/errors.ts';
import { Semaphore } from '../../base/semaphore.ts';
import type { Manifest } from '../registry/client.ts';
import { type Brought, type CopyWay, copyBlob } from './copy-blob.ts';
import { type Descriptor, hasDigest, readParts } from './image-parts.ts';

/** Blobs at the same time, as the engine pushes them. */
const blobsAtOnce = 3;

/** What it took. */
export interface Copied {
  readonly blobs: Readonly<Record<Brought, number>>;
  /** That have gone through this process. */
  readonly bytes: number;
}

/**
 * Copies an image, as it is, from one repository to another: all that it consists of before what refers to it, so that there is
 * never half an image.
 * @param digest of its manifest, or of its index
 * @param tag that it has at the end
 * @throws RegistryUnavailable; RegistryDenied; RegistryRefused
 */
export async function copyImage(digest: string, tag: string, way: CopyWay): Promise<Copied> {
  const counts = { there: 0, mounted: 0, copied: 0 };
  const failed = new AbortController();
  const own = { ...way, signal: AbortSignal.any([way.signal, failed.signal]) };
  const places = new Semaphore(blobsAtOnce);
  let bytes = 0;
  const bring = async (blob: Descriptor) => {
    const leave = await places.acquire(own.signal);
    try {
      const how = await copyBlob(blob, own);
      counts[how]++;
      if (how === 'copied') bytes += blob.size;
    } catch (thrown) {
      failed.abort(thrown);
      throw thrown;
    } finally {
      leave();
    }
  };
  await put(digest, tag, own, bring, 0);
  return { blobs: counts, bytes };
}

async function put(
  digest: string,
  name: string,
  way: CopyWay,
  bring: (blob: Descriptor) => Promise<void>,
  depth: number,
): Promise<void> {
  const { to, signal } = way;
  const manifest = await read(digest, way);
  const parts = readParts(manifest.body);
  if (!parts || (depth > 0 && parts.manifests.length > 0)) throw unreadable(way, `${digest} is no image`);
  for (const part of parts.manifests) await put(part.digest, part.digest, way, bring, depth + 1);
  const distinct = new Map(parts.blobs.map((blob) => [blob.digest, blob]));
  await allOrFirstError([...distinct.values()].map(bring));
  await to.client.putManifest(to.path, name, manifest, signal);
}

async function read(digest: string, way: CopyWay): Promise<Manifest> {
  const { from, signal } = way;
  const manifest = await from.client.manifest(from.path, digest, signal);
  if (!manifest) throw unreadable(way, `it no longer has ${digest}`);
  if (!hasDigest(manifest.body, digest)) throw unreadable(way, `what it has as ${digest} has another digest`);
  return manifest;
}

function unreadable({ from }: CopyWay, why: string): GitkubeError {
  return new GitkubeError(
    'RegistryUnavailable',
    `an image cannot be copied from the registry ${from.client.host}: ${why}`,
    {
      hint: 'push the commit there again, which builds it',
    },
  );
}
