import { namingAgain } from '../../base/again.ts';
import { namingRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { namingServer, type WayToServer } from '../../base/server-hints.ts';
import { plain } from '../../base/text.ts';
import type { Channel } from './channel.ts';

export interface Typed {
  /** That the error is about, where it is known. */
  readonly remote?: Parameters<typeof namingRemote>[1] | undefined;
  /** Whether a push was refused, and no command. */
  readonly isPush?: boolean | undefined;
}

/**
 * An error whose hints can be typed as they are by who reaches the server this way.
 */
export function asTyped(error: GitkubeError, way: WayToServer, { remote, isPush = false }: Typed = {}): GitkubeError {
  const { reason, message, said, cause } = error;
  const typed = (line: string) => namingServer(remote ? namingRemote(line, remote) : line, way);
  // The hints of one error may be evidence of another.
  const hint = error.hint.map((line) => namingAgain(typed(line), isPush));
  const evidence = error.evidence.map(typed);
  return new GitkubeError(reason, message, { hint, evidence, said, cause });
}

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
