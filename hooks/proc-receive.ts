import type { Duplex } from 'node:stream';
import { parseCommand, type RefCommand } from './commands.ts';
import { flush, PktLineReader, pktLine } from './pkt-line.ts';

/**
 * The answer to git about one ref (githooks(5), proc-receive). Options rewrite what the pusher's git prints, except
 * `fall-through`, which leaves the move of the ref to git.
 */
export type Verdict =
  | { readonly ref: string; readonly ok: true; readonly options?: Readonly<Record<string, string>> }
  | { readonly ref: string; readonly ok: false; readonly reason: string };

/**
 * git's side of the talk: a version line and a flush, answered at once, then the commands and a flush. Push options are
 * not asked for again, pre-receive had them. Resolves to undefined when git ends without commands, or has given up on
 * this hook by the time they come: a flush of ours behind them says so (proc-receive).
 */
export function readProcReceive(socket: Duplex): Promise<readonly RefCommand[] | undefined> {
  return new Promise((resolve, reject) => {
    const reader = new PktLineReader();
    const commands: RefCommand[] = [];
    let greeted = false;
    let flushes = 0;
    const finish = (result: () => void) => {
      socket.off('data', onData).off('end', onEnd).off('close', onEnd);
      socket.resume();
      result();
    };
    const onEnd = () => finish(() => resolve(undefined));
    const onPacket = (packet: Buffer | null) => {
      if (packet && greeted) commands.push(parseCommand(packet.toString('utf8').trimEnd()));
      else if (!packet && greeted) flushes++;
      else if (!packet) {
        greeted = true;
        socket.write(Buffer.concat([pktLine('version=1\n'), flush]));
      } else if (!/^version=1\b/.test(packet.toString('utf8'))) throw new RangeError('unknown proc-receive version');
    };
    const onData = (chunk: Buffer) => {
      try {
        reader.push(chunk).forEach(onPacket);
        if (flushes > 0) finish(() => resolve(flushes === 1 ? commands : undefined));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    socket.on('data', onData).on('end', onEnd).on('close', onEnd);
  });
}

/** Sends the verdicts and ends the socket, which ends the hook. */
export function sendVerdicts(socket: Duplex, verdicts: readonly Verdict[]): void {
  const lines = verdicts.flatMap((verdict) => {
    if (!verdict.ok) return [pktLine(`ng ${verdict.ref} ${verdict.reason}\n`)];
    const options = Object.entries(verdict.options ?? {}).map(([key, value]) =>
      pktLine(`option ${key} ${value}`.trim()),
    );
    return [pktLine(`ok ${verdict.ref}\n`), ...options];
  });
  socket.end(Buffer.concat([...lines, flush]));
}
