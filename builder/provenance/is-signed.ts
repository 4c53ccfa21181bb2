import { z } from 'zod';
import { within } from '../../base/within.ts';
import type { Place } from '../promote/copy-blob.ts';
import { provenanceMs, tooLate } from './provenance.ts';
import { readDocuments } from './read-documents.ts';
import { bundleType, type Signer } from './signer.ts';

const Statement = z.object({
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })),
  predicate: z.object({ buildDefinition: z.object({ internalParameters: z.object({ buildKey: z.string() }) }) }),
});

/**
 * Whether a statement of this server says that the image is what its build key stands for: behind a tag of the registry may be an
 * image of anybody.
 * @throws RegistryUnavailable; RegistryDenied; RegistryRefused
 */
export async function isSigned(
  { digest, buildKey }: { readonly digest: string; readonly buildKey: string },
  signer: Signer,
  place: Place,
  signal: AbortSignal,
): Promise<boolean> {
  const types = new Set([bundleType]);
  const read = (limited: AbortSignal) => readDocuments(digest, types, place, limited);
  const documents = await within(provenanceMs, signal, tooLate, read);
  return documents.some(({ content }) => {
    const { data } = Statement.safeParse(signer.read(content));
    const isAbout = data?.subject.some((subject) =>
      Object.entries(subject.digest).some(([algorithm, hex]) => `${algorithm}:${hex}` === digest),
    );
    return isAbout === true && data?.predicate.buildDefinition.internalParameters.buildKey === buildKey;
  });
}
