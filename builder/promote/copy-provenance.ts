import { provenanceTypes } from '../provenance/provenance.ts';
import { listReferrers, putReferrer } from '../provenance/referrer.ts';
import { type CopyWay, copyBlob } from './copy-blob.ts';
import { readManifest } from './copy-image.ts';
import { readParts } from './image-parts.ts';

/** Some that others have stored may be among them. */
const maxDocuments = 20;

/**
 * Copies what is stored about an image, so that who verifies it finds the same where it goes to.
 * @param digest of the image
 * @throws RegistryUnavailable; RegistryDenied; RegistryRefused
 */
export async function copyProvenance(digest: string, way: CopyWay): Promise<void> {
  const { from, to, signal } = way;
  const all = await listReferrers(digest, from, signal);
  const documents = all.filter(({ artifactType = '' }) => provenanceTypes.has(artifactType));
  for (const document of documents.slice(-maxDocuments)) {
    const manifest = await readManifest(document.digest, way);
    for (const blob of readParts(manifest.body)?.blobs ?? []) await copyBlob(blob, way);
    await putReferrer(digest, document, manifest, to, signal);
  }
}
