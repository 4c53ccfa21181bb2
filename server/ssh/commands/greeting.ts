import type { ServerChannel } from 'ssh2';
import { plain } from '../../../base/text.ts';

/** What `ssh` without a command shows. @param lineEnd a terminal wants `\r\n` */
export function greet(channel: ServerChannel, lines: readonly string[], lineEnd: string): void {
  channel.on('error', () => {});
  channel.write(lines.map((line) => plain(line) + lineEnd).join(''));
  channel.exit(0);
  channel.end();
}
