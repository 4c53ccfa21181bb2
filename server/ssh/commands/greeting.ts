import { plain } from '../../../base/text.ts';
import { answer, type LineEnd } from '../../commands/answer.ts';
import type { Channel } from '../../commands/channel.ts';

/** What `ssh` without a command shows. */
export function greet(channel: Channel, lines: readonly string[], lineEnd: LineEnd): void {
  answer(
    channel,
    lines.map((line) => plain(line)),
    lineEnd,
  );
}
