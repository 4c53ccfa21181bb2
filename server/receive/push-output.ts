import type { Writable } from 'node:stream';
import type { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { leftOutLine, type OutputReader, textOf } from '../deploys/output.ts';
import { WaitingLines } from '../deploys/records/waiting-lines.ts';

/** To a hook of git. */
type Hook = Pick<Writable, 'writableNeedDrain'> & {
  readonly write: (text: string) => unknown;
  readonly once: (event: 'drain', listener: () => void) => unknown;
};

const MAX_PIECE_BYTES = 64 * 1024;

/**
 * The client of git as a reader of a deploy: whole lines of plain text, before each of which git puts `remote: `. A task may print
 * faster than the client reads: then lines in the middle are left out, as a stream would keep all of them in memory.
 */
export class PushOutput {
  readonly #waiting = new WaitingLines();
  /** Undefined: none runs. */
  #hook: Hook | undefined;

  constructor(hook: Hook) {
    this.#hook = hook;
  }

  readonly read: OutputReader = (line) => {
    const isBehind = !this.#waiting.isEmpty;
    this.#waiting.add(`${textOf(line)}\n`);
    if (!isBehind) this.#write();
  };

  /** pre-receive ends: what is said before proc-receive begins waits for it. A deploy that was joined does not pause. */
  hold(): void {
    this.end();
  }

  /** From now on lines go here: pre-receive has ended and proc-receive has begun. */
  continueOn(hook: Hook): void {
    this.#hook = hook;
    this.#write();
  }

  /** The hook ends: it gets all that waits, which has its bound. */
  end(): void {
    while (this.#hook && !this.#waiting.isEmpty) this.#hook.write(this.#next());
    this.#hook = undefined;
  }

  #write(): void {
    const hook = this.#hook;
    while (hook && !this.#waiting.isEmpty) {
      if (hook.writableNeedDrain) return void hook.once('drain', () => this.#hook === hook && this.#write());
      hook.write(this.#next());
    }
  }

  #next(): string {
    const leftOut = this.#waiting.takeLeftOut();
    return `${leftOut > 0 ? `${leftOutLine(leftOut)}\n` : ''}${this.#waiting.take(MAX_PIECE_BYTES)}`;
  }
}

const maxShort = 120;

/** In git's own line, of a dry run that found nothing wrong. */
export const checkedReason = 'dry run: no errors found';

/** So much of what the program says: its beginning is not to be lost. */
const maxSaid = 75;

/** The words of the Dockerfile, of which there is the line, too. */
const step = /: (?:RUN|COPY|ADD) .*$/;

/** What goes first where the line is too long: what the lines above it say as well, and what is no cause. */
const lessImportant: readonly (readonly [RegExp, string])[] = [
  [/\bpod [a-z0-9.-]+ (?=cannot be scheduled: )/, ''],
  [/ in pod [a-z0-9.-]+/g, ''],
  [/(?<= is not set) \(nil pointer evaluating .*\)$/, ''],
  [/waiting for [a-z0-9.-]+: (?=(?:init )?container |sidecar |it )/, ''],
  [step, ''],
  [/^the build of \S+ failed(?: at|:) /, ''],
  [/\bthe API server refuses (?:the change of )?/, ''],
];

/** Where the cause is not: it is at the end, behind what failed. */
const maxHead = 40;

/** For git's own line `! [remote rejected] main -> main (…)`, which knows one short line. */
export function shortReason({ message, said }: GitkubeError): string {
  let short = withSaid(plain(message), said);
  for (const [what, by] of lessImportant) {
    if (short.length <= maxShort) return short;
    short = short.replace(what, by);
  }
  return short.length <= maxShort ? short : withoutMiddle(short);
}

/** What follows a semicolon is said in full above git's line. */
function withSaid(message: string, said: string | undefined): string {
  const what = message.replace(step, '').replace(/; .*/, '');
  return said === undefined || what.includes(said) ? message : `${what}: ${plain(said, maxSaid)}`;
}

function withoutMiddle(text: string): string {
  const head = text.slice(0, maxHead).replace(/[ ,:;]+\S*$/, '');
  const tail = text.slice(head.length + 3 - maxShort);
  const atWord = tail.replace(/^\S* /, '');
  const losesMuch = tail.length - atWord.length > 30;
  return `${head} … ${losesMuch ? fromField(tail) : atWord}`;
}

/** A path of fields has no spaces: `ec.template.spec` begins with `.template`. */
function fromField(text: string): string {
  return text.replace(/^[^\s.[]+(?=[.[])/, '');
}
