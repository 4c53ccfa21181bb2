import type { Clock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import { retry } from '../base/retry.ts';
import type { EngineMessage } from './build-events.ts';
import type { Engine } from './engine.ts';
import { imageLost, isLost } from './lost-image.ts';
import { keyTag, registryAddress } from './names.ts';
import type { ImageDestination, PlannedImage, Say } from './types.ts';

export interface PushImageInputs {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly destination: ImageDestination;
  readonly image: PlannedImage;
  readonly say: Say;
  readonly signal: AbortSignal;
}

const tries = 3;
const backOff = { firstMs: 1000, maxMs: 8000 };
const progressEveryMs = 5000;

/**
 * Pushes an image under the tag of its build key and returns the digest that the registry gave it.
 * @throws GitkubeError RegistryDenied, RegistryUnavailable, ImageLost, EngineUnavailable
 */
export async function pushImage({ engine, clock, destination, image, say, signal }: PushImageInputs): Promise<string> {
  const { host } = registryAddress(destination.registryUrl);
  const push = async () => {
    const result = await engine.push({
      repository: image.repository,
      tag: keyTag(image.buildKey),
      signal,
      onMessage: progress(say, clock),
      ...(destination.credentials === undefined ? {} : { credentials: destination.credentials }),
    });
    // Pushing again is no help then, so it is an answer here.
    if (!('failure' in result) || isLost(result.failure)) return result;
    throw pushFailed(result.failure, host, destination.credentials !== undefined);
  };
  const onRetry = (error: GitkubeError) => say(`pushing again: ${error.message}`);
  const result = await retry(push, { ...backOff, tries, clock, signal, onRetry });
  if ('failure' in result) throw imageLost(image.label, result.failure);
  return result.digest;
}

/** One line now and then, as long as bytes are on their way. */
function progress(say: Say, clock: Clock): (message: EngineMessage) => void {
  const layers = new Map<string, { readonly current: number; readonly total: number }>();
  let next = clock.monotonic() + progressEveryMs;
  return ({ id, status, progressDetail }) => {
    if (id === undefined || status !== 'Pushing') return;
    const { current = 0, total = 0 } = progressDetail ?? {};
    layers.set(id, { current: Math.min(current, total), total });
    if (clock.monotonic() < next) return;
    next = clock.monotonic() + progressEveryMs;
    const sum = (key: 'current' | 'total') => [...layers.values()].reduce((all, layer) => all + layer[key], 0);
    say(`pushed ${Math.round(sum('current') / 1e6)} of ${Math.round(sum('total') / 1e6)} MB`);
  };
}

const deniedWords =
  /unauthorized|denied|no basic auth credentials|authentication required|forbidden|insufficient_scope/i;
const plainHttp = /server gave HTTP response to HTTPS client/;

function pushFailed(text: string, host: string, withCredentials: boolean): GitkubeError {
  if (deniedWords.test(text)) {
    return new GitkubeError('RegistryDenied', `the registry ${host} refuses the push: ${text}`, {
      hint: withCredentials
        ? 'check that the account in the Secret may push to this repository'
        : `name a Secret with credentials for ${host} in spec.registry.credentials.secretRef`,
    });
  }
  if (/name unknown|does not exist/i.test(text)) {
    return new GitkubeError('RegistryDenied', `the registry ${host} knows no such repository: ${text}`, {
      hint: 'create the repository in the registry first; this one makes none by itself',
    });
  }
  const hint = plainHttp.test(text) ? `start the Docker Engine with --insecure-registry ${host}` : [];
  return new GitkubeError('RegistryUnavailable', `the push to ${host} failed: ${text}`, { hint });
}
