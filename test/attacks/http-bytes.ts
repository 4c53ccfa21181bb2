import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Victim } from './victim.ts';

/** After this an attacker stops waiting for an answer that does not come. */
const patienceMs = 15_000;

/** Sends exactly these bytes on a connection. @returns what came back until its end */
export async function speak(victim: Victim, bytes: string | Buffer): Promise<string> {
  const socket = await victim.connectHttp();
  let heard = '';
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const timer = setTimeout(() => socket.destroy(), patienceMs);
  socket.write(bytes);
  await ended(socket);
  clearTimeout(timer);
  return heard;
}

/** However it ends: a server that resets a connection has answered, too. */
export function ended(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

export interface Sent {
  readonly method?: string;
  readonly target: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer;
}

/** A request that asks for the end of the connection. */
export function requestOf({ method = 'GET', target, headers = [], body }: Sent): Buffer {
  const length = body ? [`Content-Length: ${body.length}`] : [];
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: git.example.com', 'Connection: close', ...headers, ...length];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body ?? Buffer.alloc(0)]);
}

export function basic(token: string): string {
  return `Authorization: Basic ${Buffer.from(`ci:${token}`).toString('base64')}`;
}

/** `401`, or `no answer`. */
export function statusOf(answer: string): string {
  return /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 'no answer';
}

export function pktLine(text: string): Buffer {
  return Buffer.from(`${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`);
}

/** A push that creates a ref at a commit which is there. */
export function pushOf(ref: string, oid: string): Buffer {
  return Buffer.concat([pktLine(`${'0'.repeat(40)} ${oid} ${ref}\0 report-status`), Buffer.from('0000'), emptyPack()]);
}

export const receivePack = 'Content-Type: application/x-git-receive-pack-request';
export const uploadPack = 'Content-Type: application/x-git-upload-pack-request';

/** A push with many lines, all alike, which git keeps in memory: some kilobytes of gzip. */
export function bomb(oid: string, megabytes: number): Buffer {
  const command = pktLine(`${'0'.repeat(40)} ${oid} refs/heads/bomb\0 report-status`);
  const lines = Buffer.alloc(megabytes * 1024 ** 2, pktLine(`shallow ${oid}`));
  return gzipSync(Buffer.concat([command, lines]));
}

export function emptyPack(): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  return Buffer.concat([head, createHash('sha1').update(head).digest()]);
}
