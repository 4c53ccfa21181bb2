import { provenanceTypes } from '../provenance/provenance.ts';
import { readDocuments } from '../provenance/read-documents.ts';
import { attachDocument } from '../provenance/referrer.ts';
import type { CopyWay } from './copy-blob.ts';

/**
 * Copies what is stored about an image, so that who verifies it finds the same where it goes to.
 * @param digest of the image
 * @throws RegistryUnavailable; RegistryDenied; RegistryRefused
 */
export async function copyProvenance(digest: string, { from, to, signal }: CopyWay): Promise<void> {
  for (const document of await readDocuments(digest, provenanceTypes, from, signal)) {
    await attachDocument(digest, document, to, signal);
  }
}
