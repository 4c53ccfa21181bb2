import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GitkubeError } from '../../base/errors.ts';
import { isDigest } from '../images/names.ts';
import type { Place } from '../promote/copy-blob.ts';
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

/** All of an entry is kept. */
const Entry = z.looseObject({ digest: z.string().refine(isDigest), artifactType: z.string().optional() });
export type ReferrerEntry = z.infer<typeof Entry>;
const Index = z.looseObject({ manifests: z.array(Entry).max(1000) });

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
  const entry = { ...referrer, artifactType: document.mediaType, annotations: document.annotations };
  await putReferrer(digest, entry, manifest, place, signal);
}

/** Those that are listed, by the registry itself or behind the tag. @param digest of the image */
export async function listReferrers(
  digest: string,
  { client, path }: Place,
  signal: AbortSignal,
): Promise<readonly ReferrerEntry[]> {
  const listed = (await client.referrers(path, digest, signal)) ?? (await client.manifest(path, tagOf(digest), signal));
  return listed ? entriesOf(listed.body) : [];
}

/** Stores one whose parts are there, so that it is listed. @param digest of the image */
export async function putReferrer(
  digest: string,
  entry: ReferrerEntry,
  manifest: Manifest,
  place: Place,
  signal: AbortSignal,
): Promise<void> {
  const { client, path } = place;
  const isListed = await client.putReferrer(path, entry.digest, manifest, signal);
  if (!isListed) await addToIndex(tagOf(digest), entry, place, signal);
}

/** https://github.com/opencontainers/distribution-spec, "Referrers Tag Schema". */
function tagOf(digest: string): string {
  return digest.replace(':', '-');
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

/** Others may have added theirs: those stay. */
async function addToIndex(
  tag: string,
  entry: ReferrerEntry,
  { client, path }: Place,
  signal: AbortSignal,
): Promise<void> {
  const before = await client.manifest(path, tag, signal);
  const manifests = before ? entriesOf(before.body) : [];
  if (manifests.some(({ digest }) => digest === entry.digest)) return;
  const index = { schemaVersion: 2, mediaType: indexType, manifests: [...manifests, entry] };
  const manifest = { mediaType: indexType, body: Buffer.from(JSON.stringify(index)) };
  await client.putManifest(path, tag, manifest, signal);
}

function entriesOf(body: Buffer): readonly ReferrerEntry[] {
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
