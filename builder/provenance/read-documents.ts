import { z } from 'zod';
import type { Place } from '../promote/copy-blob.ts';
import { hasDigest } from '../promote/image-parts.ts';
import { type Document, listReferrers } from './referrer.ts';

/** What others have stored about an image may be anything. */
const Manifest = z.object({
  artifactType: z.string(),
  subject: z.object({ digest: z.string() }),
  layers: z.array(z.object({ digest: z.string(), size: z.int().min(0) })).length(1),
  annotations: z.record(z.string(), z.string()).default({}),
});

const maxBytes = 1024 ** 2;
/** Others may have stored many. */
const maxDocuments = 100;

/** The documents of these types about an image, of which the registry has all that they say they are. @param digest of the image */
export async function readDocuments(
  digest: string,
  types: ReadonlySet<string>,
  place: Place,
  signal: AbortSignal,
): Promise<Document[]> {
  const listed = await listReferrers(digest, place, signal);
  const wanted = listed.filter(({ artifactType = '' }) => types.has(artifactType)).slice(-maxDocuments);
  const read = await Promise.all(wanted.map((entry) => readDocument(digest, entry.digest, place, signal)));
  return read.filter((document) => document !== undefined && types.has(document.mediaType)) as Document[];
}

async function readDocument(
  image: string,
  digest: string,
  { client, path }: Place,
  signal: AbortSignal,
): Promise<Document | undefined> {
  const found = await client.manifest(path, digest, signal);
  if (!found || !hasDigest(found.body, digest)) return undefined;
  const { data } = Manifest.safeParse(json(found.body));
  const [layer] = data?.layers ?? [];
  if (!data || !layer || data.subject.digest !== image || layer.size > maxBytes) return undefined;
  using answer = await client.readBlob(path, layer.digest, signal);
  const content = await bounded(answer?.body ?? []);
  if (!content || !hasDigest(content, layer.digest)) return undefined;
  return { mediaType: data.artifactType, content, annotations: data.annotations };
}

/** Whatever it says of its size. */
async function bounded(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
