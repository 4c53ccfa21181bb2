import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import { expect, it } from 'vitest';
import { GitProcess } from '../git/git-process.ts';
import { type GitClient, serve } from './git-channel.ts';

/** What the client of a push reads on stderr when git behaves like this script. */
async function readsOf(script: string, received: () => boolean): Promise<string> {
  const stderr = new PassThrough();
  const channel = Object.assign(new PassThrough(), { stderr, exit: () => {}, close: () => stderr.end() });
  channel.on('finish', () => stderr.end());
  const service = new GitProcess(spawn('sh', ['-c', script], { stdio: 'pipe' }), 512 * 1024 ** 2);
  const socket = new PassThrough() as unknown as Socket;
  const remote = { namespace: 'shop', name: 'app' };
  const urlForm = 'ssh://git@host/<namespace>/<name>';
  const client = { socket, urlForm, remote, left: new AbortController().signal, received };
  const [lines] = await Promise.all([stderr.toArray(), serve(service, channel as unknown as ServerChannel, client)]);
  channel.emit('close');
  return Buffer.concat(lines).toString();
}

const hungry =
  'printf "remote: fatal: Out of "; sleep 0.05; printf "memory, malloc failed (tried to allocate 3000"; sleep 0.05; printf "00000 bytes)\\n"';

it('a push that git has too little memory for fails with the limit and what to do', async () => {
  const lines = await readsOf(hungry, () => false);
  expect(lines).toContain('gitkube: git needs more memory for this push than the 536.9 MB that it may have');
  expect(lines).toContain("git -c core.bigFileThreshold=16m push ssh://git@host/shop/app 'HEAD:refs/heads/<branch>'");
  expect(lines).toContain('may have: a file of 300.0 MB has changed');
  expect(lines).toContain('GITKUBE_MAX_GIT_MEMORY_BYTES=900000000');
  expect(await readsOf(`{ ${hungry}; } >&2`, () => false)).toContain('gitkube: git needs more memory');
});

it('a build that runs out of memory is not reported as git', async () => {
  expect(await readsOf(hungry, () => true)).toBe('');
});

it('a client that reads slowly and steadily has all output, when its channel keeps more than it reads in its time', async () => {
  const size = 4_000_000;
  let read = 0;
  const channel = new Duplex({
    highWaterMark: 2 * 1024 * 1024,
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      read += chunk.length;
      setTimeout(done, chunk.length / 2500);
    },
  });
  const wire = Object.assign(channel, { stderr: new PassThrough(), exit: () => {}, close: () => channel.destroy() });
  const service = new GitProcess(spawn('head', ['-c', `${size}`, '/dev/zero'], { stdio: 'pipe' }), 512 * 1024 ** 2);
  const left = new AbortController().signal;
  const socket = new PassThrough() as unknown as Socket;
  const client: GitClient = { socket, urlForm: '', left, received: () => true, unreadMs: 500 };
  await serve(service, wire as unknown as ServerChannel, client);
  expect(channel.destroyed).toBe(false);
  expect(read).toBeGreaterThan(size - channel.writableHighWaterMark);
  channel.destroy();
});
