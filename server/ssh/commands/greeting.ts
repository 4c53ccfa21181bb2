import type { ServerChannel } from 'ssh2';
import { plain } from '../../../base/text.ts';
import { answer, type LineEnd } from '../answer.ts';

/** What `ssh` without a command shows. */
export function greet(channel: ServerChannel, lines: readonly string[], lineEnd: LineEnd): void {
  answer(
    channel,
    lines.map((line) => plain(line)),
    lineEnd,
  );
}
