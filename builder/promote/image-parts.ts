import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isDigest } from '../images/names.ts';

const descriptor = z.object({
  digest: z.string().refine(isDigest),
  size: z.int().min(0),
});

/** https://github.com/opencontainers/image-spec: an index has manifests; a manifest has a config and layers. */
const index = z.object({ manifests: z.array(descriptor).max(50) });
const manifest = z.object({ config: descriptor, layers: z.array(descriptor).max(500) });

export interface Descriptor {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** What a manifest refers to. */
export interface ImageParts {
  readonly manifests: readonly Descriptor[];
  readonly blobs: readonly Descriptor[];
}

/** @returns undefined when it is no manifest that a registry would take */
export function readParts(body: Buffer): ImageParts | undefined {
  let read: unknown;
  try {
    read = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  const found = index.safeParse(read).data;
  if (found) return { manifests: found.manifests, blobs: [] };
  const image = manifest.safeParse(read).data;
  return image && { manifests: [], blobs: [image.config, ...image.layers] };
}

/** Whether this is what its digest says: the registry may be anybody's. */
export function hasDigest(body: Buffer, digest: string): boolean {
  const [algorithm = '', hex] = digest.split(':');
  if (algorithm !== 'sha256' && algorithm !== 'sha512') return false;
  return createHash(algorithm).update(body).digest('hex') === hex;
}
