import type { Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';

type Write = Writable['_write'];

/** What a write of ssh2 leaves on a channel while it waits for window. */
interface Waiting {
  _chunk: unknown;
  _chunkcb: unknown;
  _chunkErr: unknown;
  _chunkcbErr: unknown;
}

/**
 * Lets one write at a time, of stdout or stderr, into ssh2 (https://github.com/mscdex/ssh2, lib/Channel.js). It has one wait for
 * window for both streams and never forgets what has waited: of two writes that wait it sends one alone, and after a stdout write
 * that has waited once, it sends that again in place of a stderr write that waits. The end of the channel waits for both.
 */
export function oneWriteAtATime(channel: ServerChannel): void {
  const waiting = channel as unknown as Waiting;
  const next: (() => void)[] = [];
  let current: ((error?: Error | null) => void) | undefined;

  const inTurn = (write: Write): Write => {
    return (data, encoding, done) => {
      // With more window, ssh2 calls it again for the rest.
      if (current && done === current) return write(data, encoding, done);
      const begin = () => {
        current = (error) => {
          waiting._chunk = waiting._chunkcb = waiting._chunkErr = waiting._chunkcbErr = undefined;
          current = undefined;
          next.shift()?.();
          done(error);
        };
        write(data, encoding, current);
      };
      if (current) next.push(begin);
      else begin();
    };
  };
  const stderr = channel.stderr as Writable;
  for (const stream of [channel, stderr]) stream._write = inTurn(stream._write.bind(stream));
  // Its end closes it, for which ssh2 waits until stdout alone is sent. It ends stderr itself when the client has closed it.
  channel._final = (done) => {
    if (stderr.writableEnded) done();
    else stderr.write('', () => done());
  };
}
