import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { Registry } from '../registry/client.ts';
import type { RegistryCredentials } from '../types.ts';
import { repositoryPath } from './names.ts';

/** What became of images that were pushed long ago. */
export interface RecordedImages {
  /** `repository@sha256:…`: their registry says that it has no such image. */
  readonly gone: readonly string[];
  /** Nobody knows: the registry does not answer, or not to these credentials. */
  readonly unknown: readonly { readonly reference: string; readonly error: GitkubeError }[];
}

/**
 * Asks the registry of each image for it: that is the one of its name, whatever registry the Remote names by now.
 * @param references by digest
 * @param credentials of a registry, `host[:port][/path]`
 */
export async function findRecorded(
  registry: Registry,
  references: readonly string[],
  credentials: (registryUrl: string) => RegistryCredentials | undefined,
  signal: AbortSignal,
): Promise<RecordedImages> {
  const looks = [...new Set(references)].map(async (reference) => {
    const [repository = '', digest = ''] = reference.split('@');
    try {
      const client = registry.open(repository, credentials(repository));
      const found = await client.manifestDigest(repositoryPath(repository), digest, signal);
      return found === undefined ? { gone: reference } : {};
    } catch (thrown) {
      signal.throwIfAborted();
      return { unknown: { reference, error: asGitkubeError(thrown) } };
    }
  });
  const found = await Promise.all(looks);
  return {
    gone: found.flatMap(({ gone }) => gone ?? []),
    unknown: found.flatMap(({ unknown }) => unknown ?? []),
  };
}
