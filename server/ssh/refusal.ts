import type { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { pktLine } from '../../hooks/pkt-line.ts';

/** What a client reads on stderr. */
export function refusalText(error: GitkubeError): string {
  return `gitkube: ${lines(error)}`;
}

/** Before git has said anything: it shows an ERR packet as `fatal: remote error: …` (gitprotocol-pack). */
export function refusalPacket(error: GitkubeError): Buffer {
  return pktLine(`ERR ${lines(error)}`);
}

function lines(error: GitkubeError): string {
  return [error.message, ...error.hint.map((hint) => `hint: ${hint}`)].map((line) => `${plain(line)}\n`).join('');
}
