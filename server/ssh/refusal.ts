import type { ServerChannel } from 'ssh2';
import type { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { pktLine } from '../../hooks/pkt-line.ts';

/** What a person reads on stderr. */
export function refusalText(error: GitkubeError): string {
  return `gitkube: ${lines(error)}`;
}

/** Ends a channel with that text. */
export function refuseInText(channel: ServerChannel, error: GitkubeError, code: number): void {
  channel.stderr.write(refusalText(error));
  end(channel, code);
}

/**
 * Ends a channel before git has said anything: its client shows an ERR packet as `fatal: remote error: …`
 * (gitprotocol-pack).
 */
export function refuseInPackets(channel: ServerChannel, error: GitkubeError): void {
  channel.write(pktLine(`ERR ${lines(error)}`));
  end(channel, 1);
}

function end(channel: ServerChannel, code: number): void {
  channel.exit(code);
  channel.end();
}

function lines(error: GitkubeError): string {
  const evidence = error.evidence.map((line) => `  | ${line}`);
  const hints = error.hint.map((hint) => `hint: ${hint}`);
  return [error.message, ...evidence, ...hints].map((line) => `${plain(line)}\n`).join('');
}
