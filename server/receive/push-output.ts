import type { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type OutputReader, textOf } from '../deploys/output.ts';

/** The client of git as a reader of a deploy: whole lines of plain text, before each of which git puts `remote: `. */
export class PushOutput {
  #write: (text: string) => void;
  readonly #held: string[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  readonly read: OutputReader = (line) => this.#write(`${textOf(line)}\n`);

  /** pre-receive ends: what is said before proc-receive begins waits for it. A deploy that was joined does not pause. */
  hold(): void {
    this.#write = (text) => void this.#held.push(text);
  }

  /** From now on lines go here: pre-receive has ended and proc-receive has begun. */
  continueOn(write: (text: string) => void): void {
    for (const text of this.#held.splice(0)) write(text);
    this.#write = write;
  }
}

const maxShort = 120;

/** In git's own line, of a dry run that found nothing wrong. */
export const checkedReason = 'dry run: nothing has changed';

/** For git's own line `! [remote rejected] main -> main (…)`, which knows one short line. */
export function shortReason(error: GitkubeError): string {
  const message = plain(error.message);
  if (message.length <= maxShort) return message;
  const short = message
    .replace(/ in pod [a-z0-9.-]+/g, '')
    .replace(/waiting for [a-z0-9.-]+: (?=(?:init )?container |sidecar |it )/, '')
    .replace(/ \([^()]*(?:\([^()]*\)[^()]*)*\)$/, '');
  if (short.length <= maxShort) return short;
  return `${short.slice(0, maxShort).replace(/[ ,:;]+\S*$/, '')}…`;
}
