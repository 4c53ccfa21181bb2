import { z } from 'zod';
import type { Place } from '../promote/copy-blob.ts';
import { readDocuments } from './read-documents.ts';
import { bundleType, type Signer } from './signer.ts';

const Statement = z.object({
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })),
  predicate: z.object({ buildDefinition: z.object({ internalParameters: z.object({ buildKey: z.string() }) }) }),
});

/**
 * Whether a statement of this server says that the image is what its build key stands for: behind a tag of the registry may be an
 * image of anybody.
 */
export async function isSigned(
  { digest, buildKey }: { readonly digest: string; readonly buildKey: string },
  signer: Signer,
  place: Place,
  signal: AbortSignal,
): Promise<boolean> {
  const documents = await readDocuments(digest, new Set([bundleType]), place, signal);
  return documents.some(({ content }) => {
    const { data } = Statement.safeParse(signer.read(content));
    const isAbout = data?.subject.some((subject) =>
      Object.entries(subject.digest).some(([algorithm, hex]) => `${algorithm}:${hex}` === digest),
    );
    return isAbout === true && data?.predicate.buildDefinition.internalParameters.buildKey === buildKey;
  });
}
