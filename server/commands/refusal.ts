import type { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Channel } from './channel.ts';

/** What a person reads on stderr. */
export function refusalText(error: GitkubeError): string {
  return `gitkube: ${refusalLines(error)}`;
}

/** Ends a channel with that text. */
export function refuseInText(channel: Channel, error: GitkubeError, code: number): void {
  channel.stderr.write(refusalText(error));
  channel.end(code);
}

/** Why, what proves it, and what to do: a line each. */
export function refusalLines(error: GitkubeError): string {
  const evidence = error.evidence.map((line) => `  | ${line}`);
  const hints = error.hint.map((hint) => `hint: ${hint}`);
  return [error.message, ...evidence, ...hints].map((line) => `${plain(line)}\n`).join('');
}
