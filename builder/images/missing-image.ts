import { GitkubeError } from '../../base/errors.ts';

/**
 * Docker's words: of a push, of a build that is about to name its image, of the classic builder that looks through all
 * images for a cached step (https://github.com/moby/moby/blob/v20.10.24/image/cache/cache.go); then Podman's.
 */
const missing = [
  /^An image does not exist locally/,
  /^tag does not exist/,
  /could not find image from tag/,
  /failed to get (?:digest|layer) sha256:/,
  /layer does not exist/,
  /No such image: sha256:/,
  /unable to find image "sha256:/,
  /(?:unknown parent|unrecognized) image ID sha256:/,
  /in local storage: no such image/,
  /image not known/,
];

/** Whether the engine says that it has no such image any more, although it has just made it. */
export function isMissing(failure: string): boolean {
  return missing.some((words) => words.test(failure));
}

export function imageMissing(label: string, failure: string): GitkubeError {
  return new GitkubeError('ImageMissing', `the engine lost the image of ${label} before it was pushed: ${failure}`, {
    hint: 'check whether something prunes the images of the engine',
  });
}
