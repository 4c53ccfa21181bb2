import type { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type OutputReader, textOf } from '../deploys/output.ts';

/** The client of git as a reader of a deploy: whole lines of plain text, before each of which git puts `remote: `. */
export class PushOutput {
  #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  readonly read: OutputReader = (line) => this.#write(`${textOf(line)}\n`);

  /** From now on lines go here: pre-receive has ended and proc-receive has begun. */
  continueOn(write: (text: string) => void): void {
    this.#write = write;
  }
}

/** For git's own line `! [remote rejected] main -> main (…)`, which knows one short line. */
export function shortReason(error: GitkubeError): string {
  return plain(error.message, 120);
}
