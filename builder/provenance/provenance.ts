import { repositoryPath } from '../images/names.ts';
import type { RegistryClient } from '../registry/client.ts';
import { attachDocument, type Document } from './referrer.ts';
import { bundleType, type Signer } from './signer.ts';
import { type BuilderIdentity, type BuildFacts, predicateType, statementOf, statementType } from './statement.ts';

export interface ProvenanceOptions {
  readonly builder: BuilderIdentity;
  /** Unset: statements are not signed. */
  readonly signer?: Signer | undefined;
}

/** Of documents, as indexes have them. */
export const provenanceTypes: ReadonlySet<string> = new Set([statementType, bundleType]);

/**
 * Stores beside an image what it was built of.
 * @throws RegistryUnavailable; RegistryDenied; RegistryRefused
 */
export async function storeProvenance(
  { builder, signer }: ProvenanceOptions,
  facts: Omit<BuildFacts, 'builder'>,
  client: RegistryClient,
  signal: AbortSignal,
): Promise<void> {
  const statement = statementOf({ ...facts, builder });
  const path = repositoryPath(facts.image.repository);
  await attachDocument(facts.digest, documentOf(statement, signer, facts.finishedAt), { client, path }, signal);
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
