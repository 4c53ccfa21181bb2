import { GitkubeError } from '../../base/errors.ts';
import { gitPush } from '../../base/server-hints.ts';
import { byteSize } from '../../base/text.ts';

/** What git says of it, which is all that a pusher would read. */
const words = /Out of memory|Cannot allocate memory|create (?:async )?thread/;
/** git asks for the whole of a file that comes as a delta. */
const asked = /tried to allocate (\d+) bytes/;
const KEPT = 64;
/** Of what follows the words. */
const MAX_SAID = 256;
/** Less is not a file that is too large: git lacked some memory for something else. */
const LARGE_BYTES = 10_000_000;

/** Hears in the output of a git process whose memory is limited that it was not enough. */
export class MemoryWatch {
  readonly #maxBytes: number;
  #said = '';
  #heard = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  hear(chunk: Buffer): void {
    if (this.#heard && this.#said.length > MAX_SAID) return;
    this.#said += chunk.toString('latin1');
    const at = this.#heard ? 0 : this.#said.search(words);
    this.#heard ||= at >= 0;
    this.#said = at >= 0 ? this.#said.slice(at) : this.#said.slice(-KEPT);
  }

  /** Undefined: it was enough. */
  get problem(): GitkubeError | undefined {
    if (!this.#heard) return undefined;
    const bytes = Number(asked.exec(this.#said)?.[1] ?? 0);
    const isFile = bytes >= LARGE_BYTES;
    const what = isFile ? `a file of ${byteSize(bytes)}` : 'a large file';
    const limit = byteSize(this.#maxBytes);
    const setting = `GITKUBE_MAX_GIT_MEMORY_BYTES${isFile ? `=${3 * bytes}` : ''}`;
    const message = `git needs more memory for this push than the ${limit} that it may have: ${what} has changed`;
    return new GitkubeError('GitOutOfMemory', message, {
      hint: [
        `send large files as a whole: ${gitPush({ to: '<branch>' }).replace('git', 'git -c core.bigFileThreshold=16m')}`,
        `or ask the operator of this server for ${setting}, three times the size of the file`,
      ],
    });
  }
}
