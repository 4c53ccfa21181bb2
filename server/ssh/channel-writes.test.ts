import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import { beforeEach, describe, expect, it } from 'vitest';
import { oneWriteAtATime } from './channel-writes.ts';

interface Waiting {
  _waitWindow: boolean;
  _chunk?: Buffer;
  _chunkcb?: () => void;
  _chunkErr?: Buffer;
  _chunkcbErr?: () => void;
  readonly outgoing: { window: number };
}
type RealChannel = ServerChannel & Waiting & { readonly stderr: Writable };

const require = createRequire(import.meta.url);
const { Channel } = require('ssh2/lib/Channel.js') as {
  Channel: new (client: object, info: object, options: object) => RealChannel;
};

let sent: string[];
let channel: RealChannel;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** What ssh2's server does when its client takes more (CHANNEL_WINDOW_ADJUST in lib/server.js). */
async function grant(bytes: number): Promise<void> {
  channel.outgoing.window += bytes;
  if (channel._waitWindow) {
    channel._waitWindow = false;
    if (channel._chunk) channel._write(channel._chunk, null as never, channel._chunkcb as () => void);
    else if (channel._chunkcb) channel._chunkcb();
    else if (channel._chunkErr)
      channel.stderr._write(channel._chunkErr, null as never, channel._chunkcbErr as () => void);
    else if (channel._chunkcbErr) channel._chunkcbErr();
  }
  await settled();
}

beforeEach(() => {
  sent = [];
  const protocol = {
    channelData: (_id: number, data: Buffer) => sent.push(`out ${data}`),
    channelExtData: (_id: number, data: Buffer) => sent.push(`err ${data}`),
    channelEOF: () => sent.push('eof'),
    channelClose: () => sent.push('close'),
  };
  const outgoing = { id: 1, window: 4, packetSize: 1024, state: 'open' };
  const info = { type: 'session', incoming: { id: 0, window: 0, packetSize: 1024, state: 'open' }, outgoing };
  channel = new Channel({ _protocol: protocol }, info, { server: true });
  oneWriteAtATime(channel);
});

describe('a channel whose window is used up', () => {
  it('sends what both streams have, in the order in which it came, once there is more', async () => {
    let written = 0;
    channel.write('out12', () => written++);
    channel.stderr.write('err12', () => written++);
    channel.write('more', () => written++);
    await grant(3);
    expect(sent).toEqual(['out out1', 'out 2', 'err er']);
    await grant(100);
    expect(sent).toEqual(['out out1', 'out 2', 'err er', 'err r12', 'out more']);
    expect(written).toBe(3);
  });

  it('sends nothing of one stream again when the other waits later', async () => {
    channel.write('out12');
    await grant(1);
    channel.stderr.write('err');
    await grant(2);
    await grant(100);
    channel.write('last');
    await settled();
    expect(sent).toEqual(['out out1', 'out 2', 'err er', 'err r', 'out last']);
    expect(channel.destroyed).toBe(false);
  });

  it('is not closed by its end before stderr has sent what it has', async () => {
    channel.stderr.write('err12');
    channel.stderr.write('more');
    channel.end();
    await grant(1);
    await grant(100);
    expect(sent).toEqual(['err err1', 'err 2', 'err more', 'eof', 'close']);
  });

  it('is not closed before what stderr has waited with is sent', async () => {
    channel.stderr.write('err12');
    channel.write('out', () => channel.end());
    await grant(1);
    await grant(100);
    expect(sent).toEqual(['err err1', 'err 2', 'out out', 'eof', 'close']);
  });
});
