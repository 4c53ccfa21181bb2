import type { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';

/**
 * What the pusher reads. git puts `remote: ` before each line and colours `error:` and `hint:` by itself, so this is
 * whole lines of plain text. Evidence comes before the error and the error last, where the eye is when the push ends
 * (docs/adr/0002).
 */
export class PushOutput {
  #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** From now on lines go here: pre-receive has ended and proc-receive has begun. */
  continueOn(write: (text: string) => void): void {
    this.#write = write;
  }

  /** A new stage of the way, with a line about it. */
  stage(line: string): void {
    this.#write(`${plain(line)}\n`);
  }

  /** A line of the stage under way. */
  readonly say = (line: string): void => {
    this.#write(`  ${plain(line)}\n`);
  };

  failure(error: GitkubeError, pushId: string): void {
    for (const line of error.evidence) this.#write(`  | ${plain(line)}\n`);
    this.#write(`error: ${plain(error.message)}\n`);
    for (const hint of error.hint) this.#write(`hint: ${plain(hint)}\n`);
    const saysSo = error.hint.some((hint) => hint.startsWith('push again'));
    if (error.kind === 'transient' && !saysSo) this.#write('hint: this may pass; push again\n');
    if (error.kind === 'internal') this.#write(`hint: tell the operator of Gitkube the id of this push: ${pushId}\n`);
  }
}

/** For git's own line `! [remote rejected] main -> main (…)`, which knows one short line. */
export function shortReason(error: GitkubeError): string {
  return plain(error.message, 120);
}
