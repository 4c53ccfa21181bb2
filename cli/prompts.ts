import { GitkubeError } from '../base/errors.ts';
import type { Io } from './io.ts';

/** Asks on a terminal. @throws UsageInvalid when nobody can be asked and --yes is not given */
export async function confirmed(question: string, { yes, io }: { yes: boolean; io: Io }): Promise<boolean> {
  if (yes) return true;
  if (!io.interactive) {
    throw new GitkubeError('UsageInvalid', 'confirmation required, and there is no terminal to ask on', {
      hint: 'add --yes',
    });
  }
  const { confirm } = await prompts();
  return confirm({ message: question, default: false }, toStderr);
}

interface Question {
  /** What answers it on the command line, without a terminal. */
  readonly flag: string;
  /** That flag's value. */
  readonly given: string | undefined;
  readonly message: string;
  /** What is offered on a terminal. */
  readonly initial?: string;
  /** What counts without a terminal; unset: the flag is missing. */
  readonly scripted?: string;
}

export interface TextQuestion extends Question {
  /** Why an answer is none. */
  readonly problem?: (answer: string) => string | undefined;
}

export interface ChoiceQuestion extends Question {
  readonly choices: readonly { readonly value: string; readonly name: string }[];
}

/** Questions that have a flag each. Without a terminal the missing flags are collected, and reported together. */
export class Asker {
  readonly #io: Io;
  readonly #missing: string[] = [];

  constructor(io: Io) {
    this.#io = io;
  }

  get interactive(): boolean {
    return this.#io.interactive;
  }

  /** @throws UsageInvalid when a given answer is none */
  async text({ flag, given, message, initial, scripted, problem }: TextQuestion): Promise<string> {
    if (given !== undefined) {
      const why = problem?.(given);
      if (why !== undefined) throw new GitkubeError('UsageInvalid', `${flag} ${given}: ${why}`);
      return given;
    }
    if (!this.#io.interactive) return this.#scripted(flag, scripted);
    const { input } = await prompts();
    const validate = (answer: string) => problem?.(answer) ?? true;
    return input({ message, ...(initial === undefined ? {} : { default: initial }), validate }, toStderr);
  }

  async choice({ flag, given, message, scripted, choices, initial }: ChoiceQuestion): Promise<string> {
    if (given !== undefined) return given;
    if (!this.#io.interactive) return this.#scripted(flag, scripted);
    const { select } = await prompts();
    return select({ message, choices: [...choices], ...(initial === undefined ? {} : { default: initial }) }, toStderr);
  }

  /** Without a terminal: no. */
  async yes(message: string, initial: boolean): Promise<boolean> {
    if (!this.#io.interactive) return false;
    const { confirm } = await prompts();
    return confirm({ message, default: initial }, toStderr);
  }

  /** What is typed is not shown. */
  async secret(flag: string, message: string): Promise<string> {
    if (!this.#io.interactive) return this.#scripted(flag, undefined);
    const { password } = await prompts();
    return password({ message }, toStderr);
  }

  /** For answers that are asked for in a way of their own. */
  lacks(flag: string): void {
    this.#missing.push(flag);
  }

  /** @throws UsageInvalid that names every flag that is missing */
  finish(): void {
    if (this.#missing.length === 0) return;
    throw new GitkubeError(
      'UsageInvalid',
      `there is no terminal to ask on, so these are missing: ${this.#missing.join(', ')}`,
    );
  }

  #scripted(flag: string, scripted: string | undefined): string {
    if (scripted === undefined) this.#missing.push(flag);
    return scripted ?? '';
  }
}

// Results go to stdout, so that `-f -` can be piped; questions are no result.
const toStderr = { output: process.stderr };

function prompts() {
  return import('@inquirer/prompts');
}
