import type { GitkubeError } from '../../base/errors.ts';
import { pktLine } from '../../hooks/pkt-line.ts';
import type { Channel } from '../commands/channel.ts';
import { refusalLines } from '../commands/refusal.ts';

/**
 * Ends a channel before git has said anything: its client shows an ERR packet as `fatal: remote error: …`
 * (gitprotocol-pack).
 */
export function refuseInPackets(channel: Channel, error: GitkubeError): void {
  channel.stdout.write(pktLine(`ERR ${refusalLines(error)}`));
  channel.end(1);
}
