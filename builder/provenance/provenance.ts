import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { duration } from '../../base/text.ts';
import { within } from '../../base/within.ts';
import { repositoryPath } from '../images/names.ts';
import { ofImage } from '../push/push-failure.ts';
import type { RegistryClient } from '../registry/client.ts';
import type { Say } from '../types.ts';
import { attachDocument, type Document } from './referrer.ts';
import { bundleType, type Signer } from './signer.ts';
import { type BuilderIdentity, type BuildFacts, predicateType, statementOf, statementType } from './statement.ts';

export interface ProvenanceOptions {
  readonly builder: BuilderIdentity;
  /** Unset: statements are not signed. */
  readonly signer?: Signer | undefined;
}

/** For all that is asked of a registry about it. */
export const provenanceMs = 60_000;

export function tooLate(): GitkubeError {
  return new GitkubeError(
    'RegistryUnavailable',
    `the registry took longer than ${duration(provenanceMs)} for the provenance of an image`,
  );
}

/** Of documents, as indexes have them. */
export const provenanceTypes: ReadonlySet<string> = new Set([statementType, bundleType]);

interface Storing {
  readonly client: RegistryClient;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/**
 * Stores beside an image what it was built of. One that is signed is what others demand of an image; without a signature it is
 * for the record, and its loss no reason to fail.
 * @throws RegistryUnavailable; RegistryDenied; RegistryRefused
 */
export async function storeProvenance(
  { builder, signer }: ProvenanceOptions,
  facts: Omit<BuildFacts, 'builder'>,
  { client, say, signal }: Storing,
): Promise<void> {
  const { image, digest, finishedAt } = facts;
  const document = documentOf(statementOf({ ...facts, builder }), signer, finishedAt);
  const place = { client, path: repositoryPath(image.repository) };
  try {
    await within(provenanceMs, signal, tooLate, (limited) => attachDocument(digest, document, place, limited));
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asGitkubeError(thrown);
    if (signer) throw ofImage(image.label, error);
    say(`warning: the provenance of the image is not stored: ${error.message}`);
  }
}

function documentOf(statement: string, signer: Signer | undefined, at: number): Document {
  const created = { 'org.opencontainers.image.created': new Date(at).toISOString() };
  if (!signer) {
    const annotations = { ...created, 'in-toto.io/predicate-type': predicateType };
    return { mediaType: statementType, content: Buffer.from(statement), annotations };
  }
  // As cosign marks them, which looks for these.
  const annotations = {
    ...created,
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': predicateType,
  };
  return { mediaType: bundleType, content: Buffer.from(signer.bundle(statement, statementType)), annotations };
}
