import { GitkubeError } from '../../base/errors.ts';
import { byteSize } from '../../base/text.ts';

/** What git says of it, which is all that a pusher would read. */
const words = /Out of memory|Cannot allocate memory|create (?:async )?thread/;
const KEPT = 64;

/** Hears in the output of a git process whose memory is limited that it was not enough. */
export class MemoryWatch {
  readonly #maxBytes: number;
  #tail = '';
  #heard = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  hear(chunk: Buffer): void {
    if (this.#heard) return;
    const said = this.#tail + chunk.toString('latin1');
    this.#heard = words.test(said);
    this.#tail = said.slice(-KEPT);
  }

  /** Undefined: it was enough. */
  get problem(): GitkubeError | undefined {
    if (!this.#heard) return undefined;
    const message = `git needs more memory for this push than the ${byteSize(this.#maxBytes)} that it may have: a large file has changed`;
    return new GitkubeError('GitOutOfMemory', message, {
      hint: [
        'send large files as a whole: git -c core.bigFileThreshold=16m push dev main',
        'or ask the operator of this server for a higher GITKUBE_MAX_GIT_MEMORY_BYTES: three times the size of the file',
      ],
    });
  }
}
