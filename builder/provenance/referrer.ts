import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GitkubeError } from '../../base/errors.ts';
import { isDigest } from '../images/names.ts';
import type { Place } from '../promote/copy-blob.ts';
import { hasDigest } from '../promote/image-parts.ts';
import type { Manifest } from '../registry/client.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const emptyType = 'application/vnd.oci.empty.v1+json';
const empty = Buffer.from('{}');

/** A document about an image. */
export interface Document {
  readonly mediaType: string;
  readonly content: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const Entry = z.looseObject({ digest: z.string().refine(isDigest), artifactType: z.string().optional() });
type Entry = z.infer<typeof Entry>;
const Index = z.looseObject({ manifests: z.array(Entry).max(1000) });

/** By registry, repository and image: the last of our own that change its index, or wait to. */
const turns = new Map<string, Promise<void>>();
/** Each but the first one only because somebody else has written between a look and the next. */
const writes = 5;

/**
 * Stores a document that refers to an image (https://github.com/opencontainers/distribution-spec, "Pushing Manifests with Subject"):
 * where the registry does not list referrers itself, in the index behind the tag `sha256-<hex>`.
 * @param digest of the image
 * @throws RegistryUnavailable; RegistryDenied; RegistryRefused
 */
export async function attachDocument(
  digest: string,
  document: Document,
  place: Place,
  signal: AbortSignal,
): Promise<void> {
  const { client, path } = place;
  const subject = await client.manifest(path, digest, signal);
  if (!subject) throw new GitkubeError('RegistryUnavailable', `${client.host} does not have ${digest}`);
  await putBlob(empty, place, signal);
  await putBlob(document.content, place, signal);
  const body = Buffer.from(JSON.stringify(referrerOf(digest, subject, document)));
  const referrer = describe(manifestType, body);
  const manifest = { mediaType: manifestType, body };
  if (await client.putReferrer(path, referrer.digest, manifest, signal)) return;
  const entry = { ...referrer, artifactType: document.mediaType, annotations: document.annotations };
  await inTurn(`${client.host}/${path}@${digest}`, () => addToIndex(digest, entry, place, signal));
}

/** Two of our own would overwrite each other. A registry that is slow holds up nobody who writes another index. */
async function inTurn(key: string, work: () => Promise<void>): Promise<void> {
  const own = (turns.get(key) ?? Promise.resolve()).then(work);
  const over = own.catch(() => {});
  turns.set(key, over);
  try {
    await own;
  } finally {
    if (turns.get(key) === over) turns.delete(key);
  }
}

/** Those that are listed, by the registry itself or behind the tag. @param digest of the image */
export async function listReferrers(digest: string, place: Place, signal: AbortSignal): Promise<readonly Entry[]> {
  const { client, path } = place;
  const listed = await client.referrers(path, digest, signal);
  return listed ? entriesOf(listed.body) : ((await readIndex(digest, place, signal)) ?? []);
}

/** https://github.com/opencontainers/distribution-spec, "Referrers Tag Schema". */
function tagOf(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return `${algorithm.slice(0, 32)}-${hex.slice(0, 64)}`;
}

function referrerOf(digest: string, { mediaType, body }: Manifest, document: Document): object {
  return {
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: document.mediaType,
    config: describe(emptyType, empty),
    layers: [describe(document.mediaType, document.content)],
    subject: { mediaType, digest, size: body.length },
    annotations: document.annotations,
  };
}

async function putBlob(content: Buffer, { client, path }: Place, signal: AbortSignal): Promise<void> {
  if (await client.hasBlob(path, digestOf(content), signal)) return;
  const upload = await client.beginUpload(path, signal);
  if (upload === undefined) {
    throw new GitkubeError('RegistryUnavailable', `${client.host} takes uploads on another host only`);
  }
  await client.finishUpload(path, upload, content, signal);
}

/**
 * Others may have added theirs: those stay. Who else writes at the same moment knows nothing of us, so it is looked whether ours
 * is still there.
 */
async function addToIndex(digest: string, entry: Entry, place: Place, signal: AbortSignal): Promise<void> {
  const { client, path } = place;
  for (let left = writes; left > 0; left--) {
    const before = (await readIndex(digest, place, signal)) ?? [];
    if (before.some((one) => one.digest === entry.digest)) return;
    const index = { schemaVersion: 2, mediaType: indexType, manifests: [...before, entry] };
    const manifest = { mediaType: indexType, body: Buffer.from(JSON.stringify(index)) };
    await client.putManifest(path, tagOf(digest), manifest, signal);
  }
  throw new GitkubeError('RegistryUnavailable', `others change the list behind the tag ${tagOf(digest)} all the time`);
}

/** @returns undefined: there is none. Some registries take the tag for the image itself. */
async function readIndex(
  digest: string,
  { client, path }: Place,
  signal: AbortSignal,
): Promise<readonly Entry[] | undefined> {
  const found = await client.manifest(path, tagOf(digest), signal);
  return found && !hasDigest(found.body, digest) ? entriesOf(found.body) : undefined;
}

function entriesOf(body: Buffer): readonly Entry[] {
  try {
    return Index.parse(JSON.parse(body.toString('utf8'))).manifests;
  } catch {
    throw new GitkubeError('RegistryRefused', 'its list of documents about the image cannot be read');
  }
}

function describe(mediaType: string, content: Buffer): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
