import { createHash } from 'node:crypto';
import { asGitkubeError } from '../../base/errors.ts';
import type { RegistryClient } from './client.ts';

/** What an upload needs of a registry. */
export type Uploads = Pick<RegistryClient, 'beginUpload' | 'finishUpload'>;

export interface ProbeResult {
  /** False: uploads go to another host, where nothing was sent. */
  readonly stored: boolean;
  /** False: the registry keeps what was pushed; many allow no deletion. */
  readonly removed: boolean;
}

const config = Buffer.from(
  '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}',
);
const tag = 'probe';

/**
 * Pushes an image without layers and removes it again: the way of every push, some hundred bytes long.
 * @param repository without the host
 */
export async function probePush(client: RegistryClient, repository: string, signal: AbortSignal): Promise<ProbeResult> {
  const upload = await client.beginUpload(repository, signal);
  if (upload === undefined) return { stored: false, removed: true };
  const digest = await client.finishUpload(repository, upload, config, signal);
  const body = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: config.length },
      layers: [],
    }),
  );
  await client.putManifest(repository, tag, { mediaType: 'application/vnd.oci.image.manifest.v1+json', body }, signal);
  const manifest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const removed = await succeeds(client.deleteManifest(repository, manifest, signal));
  return { stored: true, removed };
}

/** Asks whether a push would be taken, and stores nothing. Throws what a push would throw. */
export async function mayPush(client: RegistryClient, repository: string, signal: AbortSignal): Promise<void> {
  const upload = await client.beginUpload(repository, signal);
  if (upload !== undefined) await succeeds(client.cancelUpload(repository, upload, signal));
}

/**
 * Sends a blob of two bytes, which every OCI image may have, the way that a layer goes: what a registry has against a layer it
 * has against this one, too, but for its size. Throws that.
 */
export async function tryUpload(client: Uploads, repository: string, signal: AbortSignal): Promise<void> {
  const upload = await client.beginUpload(repository, signal);
  if (upload !== undefined) await client.finishUpload(repository, upload, Buffer.from('{}'), signal);
}

/**
 * The digest behind a tag; undefined when there is none. Many registries do not say whether a repository exists: to one
 * that does not yet, Quay answers 401 (https://github.com/quay/quay/pull/1054), GHCR and Artifactory 403
 * (https://github.com/google/go-containerregistry/pull/1691), also when the same account may create it by its first push.
 * So a refusal counts when the push would be refused, too.
 */
export async function findDigest(
  client: RegistryClient,
  repository: string,
  tag: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await client.manifestDigest(repository, tag, signal);
  } catch (thrown) {
    if (asGitkubeError(thrown).reason !== 'RegistryDenied') throw thrown;
    await mayPush(client, repository, signal);
    return undefined;
  }
}

function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
