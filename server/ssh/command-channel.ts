import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import type { Channel } from '../commands/channel.ts';

/** A session of SSH, for commands. */
export function commandChannel(wire: ServerChannel, socket: Socket): Channel {
  // A client that is gone is no fault.
  wire.on('error', () => {});
  return {
    stdin: wire,
    stdout: wire,
    stderr: wire.stderr as unknown as Writable,
    connection: socket,
    end: (code) => {
      wire.exit(code);
      wire.end();
    },
    close: () => wire.close(),
  };
}
