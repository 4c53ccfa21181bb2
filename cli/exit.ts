import { CommanderError } from 'commander';
import { asGitkubeError, type GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import type { Io } from './io.ts';

export const exitCodes = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** Prints why a command failed, and returns the exit code: the one place where the program ends by an error. */
export function endBy(thrown: unknown, io: Io, failCode: number = exitCodes.failure): number {
  // Commander has printed help or its complaint already.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (isInterruption(thrown)) {
    io.note('');
    return exitCodes.interrupted;
  }
  const error = asGitkubeError(thrown);
  for (const line of errorLines(error, io.env.GITKUBE_DEBUG !== undefined)) io.note(line);
  if (failCode !== exitCodes.failure) return failCode;
  return error.reason === 'UsageInvalid' ? exitCodes.usage : exitCodes.failure;
}

/** Reason first, then what proves it, then what to type next. */
function errorLines(error: GitkubeError, debug: boolean): string[] {
  const lines = [
    `error: ${plain(error.message)}`,
    ...error.evidence.map((line) => `  | ${plain(line)}`),
    ...error.hint.map((line) => `hint: ${plain(line)}`),
  ];
  if (error.reason !== 'Internal') return lines;
  const cause = error.cause instanceof Error ? error.cause : error;
  if (debug) return [...lines, cause.stack ?? cause.message];
  return [
    ...lines,
    `  | ${plain(cause.message)}`,
    'hint: this is a fault of gitkube; GITKUBE_DEBUG=1 shows where it is',
  ];
}

/** Ctrl-C in a question, or while something was waited for. */
function isInterruption(thrown: unknown): boolean {
  return thrown === 'SIGINT' || thrown === 'SIGTERM' || (thrown instanceof Error && thrown.name === 'ExitPromptError');
}
