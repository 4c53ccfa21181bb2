import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { byteSize, duration } from '../../base/text.ts';
import { within } from '../../base/within.ts';
import { keyTag, repositoryPath } from '../images/names.ts';
import { isSigned } from '../provenance/is-signed.ts';
import { provenanceMs, tooLate } from '../provenance/provenance.ts';
import type { Signer } from '../provenance/signer.ts';
import { ofImage } from '../push/push-failure.ts';
import type { PushLimits } from '../push/push-image.ts';
import type { Registry, RegistryClient } from '../registry/client.ts';
import type { PlannedImage, PromotedImage, Say } from '../types.ts';
import { copyImage } from './copy-image.ts';
import { copyProvenance } from './copy-provenance.ts';

export interface PromoteInputs {
  readonly registry: Registry;
  /** Of the registry that it goes to. */
  readonly client: RegistryClient;
  /** Whose signature an image needs; unset: none. */
  readonly signer?: Signer | undefined;
  readonly limits: PushLimits;
  readonly clock: Clock;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/**
 * Brings an image that another Remote has released to where this one's are, found there by its build key from then on.
 * @throws RegistryUnavailable; RegistryDenied; RegistryRefused; PushTimeout
 */
export async function promoteImage(
  image: PlannedImage,
  promoted: PromotedImage,
  { registry, client, signer, limits, clock, say, signal }: PromoteInputs,
): Promise<{ readonly digest: string; readonly ms: number }> {
  const [repository = '', digest = ''] = promoted.reference.split('@');
  const from = { client: registry.open(repository, promoted.credentials), path: repositoryPath(repository) };
  const to = { client, path: repositoryPath(image.repository) };
  const { pushTimeoutMs, pushStallMs: stallMs } = limits;
  const copy = async (limited: AbortSignal) => {
    const way = { from, to, stallMs, signal: limited };
    const copied = await copyImage(digest, keyTag(image.buildKey), way);
    await within(provenanceMs, limited, tooLate, (short) => copyProvenance(digest, { ...way, signal: short })).catch(
      (thrown) => {
        limited.throwIfAborted();
        if (signer) throw thrown;
        say(`warning: the provenance of the image is not copied: ${asGitkubeError(thrown).message}`);
      },
    );
    const what = { digest, buildKey: image.buildKey };
    if (signer && !(await isSigned(what, signer, to, limited))) throw unsigned(promoted);
    return copied;
  };
  const started = clock.monotonic();
  const copied = within(pushTimeoutMs, signal, () => tooSlow(pushTimeoutMs), copy);
  const { blobs, bytes } = await copied.catch((thrown) => {
    signal.throwIfAborted();
    throw ofImage(image.label, asGitkubeError(thrown));
  });
  const ms = clock.monotonic() - started;
  const moved = blobs.copied > 0 ? `${byteSize(bytes)} copied` : 'nothing copied';
  say(`promoted from ${promoted.from} in ${duration(ms)}, ${moved}`);
  return { digest, ms };
}

function unsigned({ from }: PromotedImage): GitkubeError {
  return new GitkubeError('RegistryRefused', `the image of ${from} has no provenance that this server has signed`, {
    hint: 'push the commit there again with -o no-cache, which builds and signs it, and then here',
  });
}

function tooSlow(ms: number): GitkubeError {
  return new GitkubeError('PushTimeout', `the copy took longer than ${duration(ms)}`, {
    hint: 'ask the operator for a larger GITKUBE_IMAGE_PUSH_TIMEOUT_SECONDS',
  });
}
