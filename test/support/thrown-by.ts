import { GitkubeError } from '../../base/errors.ts';

/** The error that work throws. */
export function thrownBy(work: () => void): GitkubeError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof GitkubeError) return thrown;
  }
  throw new Error('nothing was thrown');
}
