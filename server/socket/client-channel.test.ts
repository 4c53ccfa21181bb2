import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientChannel } from './client-channel.ts';
import { FrameReader, toClient } from './frames.ts';
import { Input } from './input.ts';

let folder: string;
let server: Server;
let ours: Socket;
let theirs: Socket;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-channel-'));
  server = createServer().listen(join(folder, 's'));
  await once(server, 'listening');
  theirs = connect(join(folder, 's'));
  [ours] = await once(server, 'connection');
});
afterEach(async () => {
  vi.useRealTimers();
  theirs.destroy();
  ours.destroy();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

function channelOf(unreadMs: number) {
  return clientChannel(ours, new Input(() => {}), unreadMs);
}

describe('the end of a session', () => {
  it('waits for a client that reads slowly, however long that takes in all', async () => {
    const text = Buffer.alloc(4 * 1024 * 1024, 'abc');
    const channel = channelOf(500);
    channel.stdout.write(text);
    channel.end(7);
    const reader = new FrameReader();
    let bytes = 0;
    let code: string | undefined;
    // Some 2 s, of which each step is far below the limit.
    for await (const chunk of theirs) {
      for (const { kind, payload } of reader.push(chunk)) {
        if (kind === toClient.stdout) bytes += payload.length;
        else if (kind === toClient.exit) code = `${payload}`;
      }
      await pause(20);
    }
    expect([bytes, code]).toEqual([text.length, '7']);
  });

  it('does not wait for a client that reads nothing', async () => {
    const channel = channelOf(50);
    channel.stdout.write(Buffer.alloc(4 * 1024 * 1024));
    channel.end(0);
    await once(ours, 'close');
  });

  it('does not wait for a client that has left', async () => {
    const channel = channelOf(60_000);
    ours.destroy();
    await once(ours, 'close');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    channel.end(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
