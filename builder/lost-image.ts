import { GitkubeError } from '../base/errors.ts';

/** Docker's words, of a push and of a build that is about to name its image; then Podman's. */
const lost =
  /^An image does not exist locally|^tag does not exist|failed to get (?:digest|layer) sha256:|No such image: sha256:|layer does not exist|in local storage: no such image|image not known/;

/** Whether the engine says that it has no such image any more, although it has just made it. */
export function isLost(failure: string): boolean {
  return lost.test(failure);
}

export function imageLost(label: string, failure: string): GitkubeError {
  return new GitkubeError('ImageLost', `the engine lost the image of ${label} before it was pushed: ${failure}`, {
    hint: 'see whether somebody prunes the images of the engine',
  });
}
