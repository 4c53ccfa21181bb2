/**
 * The sockets between the server and the hooks. git passes file descriptors above 2 on to its hooks, so the server
 * starts receive-pack with these as socket pairs: the hooks of this push, and nobody else on the machine, can reach the
 * server through them. No path, no token, nothing to forge (docs/adr/0001).
 */
import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';

/** The `stdio` of `spawn`, by descriptor number. The scripts beside this file name the same numbers. */
export const stdio = ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] as const;

export interface HookSockets {
  /** From pre-receive: its request. To it: text for the pusher. */
  readonly preReceive: Duplex;
  /** To pre-receive: its exit code, one line. */
  readonly preReceiveExit: Duplex;
  /** The proc-receive protocol, both ways. */
  readonly procReceive: Duplex;
  /** To proc-receive: text for the pusher. */
  readonly procReceiveText: Duplex;
}

export function hookSockets(child: ChildProcess): HookSockets {
  const socket = (fd: number): Duplex => {
    const stream = child.stdio[fd] as Duplex | null | undefined;
    if (!stream) throw new TypeError(`descriptor ${fd} of receive-pack is not a socket`);
    // The other end may be gone at any time; who waits for it sees the end of the process instead.
    stream.on('error', () => {});
    return stream;
  };
  return { preReceive: socket(3), preReceiveExit: socket(4), procReceive: socket(5), procReceiveText: socket(6) };
}
