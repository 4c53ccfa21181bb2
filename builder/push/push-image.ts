import type { Clock } from '../../base/clock.ts';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import { backOffMs } from '../../base/retry.ts';
import { duration } from '../../base/text.ts';
import type { Engine, EnginePushResult } from '../engine/engine.ts';
import { imageMissing, isMissing } from '../images/missing-image.ts';
import { keyTag, registryAddress, repositoryPath } from '../images/names.ts';
import { tryUpload, type Uploads } from '../registry/probe.ts';
import type { ImageDestination, PlannedImage, Say } from '../types.ts';
import { SaySparingly } from '../watch/say-sparingly.ts';
import { Stop } from '../watch/stop.ts';
import { type PushFailure, pushFailure } from './push-failure.ts';
import { inSeconds, PushWatch } from './push-watch.ts';

export interface PushLimits {
  /** Milliseconds for the push of one image, with all its tries. */
  readonly pushTimeoutMs: number;
  /** Milliseconds without a byte, or of nothing but failures, after which it ends. */
  readonly pushStallMs: number;
}

export interface PushImageInputs {
  readonly engine: Engine;
  readonly client: Uploads;
  readonly clock: Clock;
  readonly limits: PushLimits;
  readonly destination: ImageDestination;
  readonly image: PlannedImage;
  readonly say: Say;
  readonly signal: AbortSignal;
}

// The engine has back-off of its own for each layer.
const backOff = { firstMs: 1000, maxMs: 2000 };

/**
 * Pushes an image under the tag of its build key and returns the digest that the registry gave it. What may pass is tried
 * again until failures alone have come for `pushStallMs`.
 * @throws GitkubeError RegistryDenied, RegistryRefused, RegistryUnavailable, ImageMissing, EngineUnavailable
 */
export async function pushImage(inputs: PushImageInputs): Promise<string> {
  const { engine, client, clock, limits, destination, image, say } = inputs;
  const { host } = registryAddress(destination.registryUrl);
  using stop = new Stop(inputs.signal);
  stop.after(limits.pushTimeoutMs, clock, () => tooSlow(image, host, limits.pushTimeoutMs));
  const ask = (signal: AbortSignal) => tryUpload(client, repositoryPath(image.repository), signal);
  using watch = new PushWatch({ engine, host, ask, clock, say, stallMs: limits.pushStallMs, stop });
  const words = new SaySparingly(clock, say);
  for (let attempt = 1; ; attempt++) {
    watch.begins();
    const outcome = await tryOnce(inputs, host, stop.signal, watch);
    stop.signal.throwIfAborted();
    if ('digest' in outcome) return outcome.digest;
    const { error, mayPass, answers } = outcome;
    if (!mayPass) throw error;
    const { leftMs, afterMs } = watch.failed(answers);
    if (leftMs <= 0) throw lasting(error, afterMs);
    words.say(`pushing again: ${error.message}`, `; giving up in ${inSeconds(leftMs)}`);
    await clock.delay(backOffMs(backOff, attempt, Math.random()), stop.signal);
  }
}

type Outcome = { readonly digest: string } | PushFailure;

async function tryOnce(
  { engine, destination: { credentials }, image }: PushImageInputs,
  host: string,
  signal: AbortSignal,
  watch: PushWatch,
): Promise<Outcome> {
  let result: EnginePushResult;
  try {
    result = await engine.push({
      repository: image.repository,
      tag: keyTag(image.buildKey),
      signal,
      onMessage: (message) => watch.take(message),
      ...(credentials === undefined ? {} : { credentials }),
    });
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asGitkubeError(thrown);
    return { error, mayPass: error.kind === 'transient', answers: false };
  }
  if (!('failure' in result)) return result;
  if (isMissing(result.failure))
    return { error: imageMissing(image.label, result.failure), mayPass: false, answers: false };
  return pushFailure(result.failure, { host, credentials });
}

function lasting({ reason, message, hint }: GitkubeError, ms: number): GitkubeError {
  return new GitkubeError(reason, `${message}; tried for ${inSeconds(ms)}`, { hint });
}

function tooSlow(image: PlannedImage, host: string, ms: number): GitkubeError {
  return new GitkubeError('PushTimeout', `the push of ${image.label} to ${host} took longer than ${duration(ms)}`, {
    hint: 'make the image smaller, or ask the operator of this server for a longer limit (GITKUBE_IMAGE_PUSH_TIMEOUT_SECONDS)',
  });
}
