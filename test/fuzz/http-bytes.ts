import { gzipSync } from 'node:zlib';
import { basic, ended, pktLine, pushOf, receivePack, uploadPack } from '../attacks/http-bytes.ts';
import type { Victim } from '../attacks/victim.ts';
import type { Random } from '../support/random.ts';
import type { Fuzzer } from './fuzzer.ts';
import { mutate } from './mutate.ts';

interface Request {
  readonly head: readonly string[];
  readonly body: Buffer;
}

/** Of all three routes, with a right token. */
function requests({ path, token, main }: Victim): Request[] {
  const always = ['Host: git.example.com', 'Connection: close', basic(token)];
  const get = (service: string, ...more: string[]): Request => ({
    head: [`GET ${path}/info/refs?service=${service} HTTP/1.1`, ...always, ...more],
    body: Buffer.alloc(0),
  });
  const post = (service: string, body: Buffer, ...more: string[]): Request => ({
    head: [`POST ${path}/${service} HTTP/1.1`, ...always, ...more],
    body,
  });
  const wants = Buffer.from(`0032want ${main}\n00000032have ${main}\n0009done\n`);
  const lsRefs = Buffer.concat([
    pktLine('command=ls-refs\n'),
    Buffer.from('0001'),
    pktLine('peel\n'),
    Buffer.from('0000'),
  ]);
  return [
    get('git-upload-pack'),
    get('git-upload-pack', 'Git-Protocol: version=2'),
    get('git-receive-pack'),
    post('git-upload-pack', wants, uploadPack),
    post('git-upload-pack', lsRefs, uploadPack, 'Git-Protocol: version=2'),
    post('git-upload-pack', gzipSync(wants), uploadPack, 'Content-Encoding: gzip'),
    post('git-receive-pack', pushOf('refs/heads/fuzzed', main), receivePack),
    post('git-receive-pack', gzipSync(pushOf('refs/heads/fuzzed', main)), receivePack, 'Content-Encoding: gzip'),
  ];
}

/** The head is mutated, with what belongs to the body as it was. */
export const httpHead: Fuzzer = {
  name: 'http, the head',
  async send(victim, random) {
    const { head, body } = random.pick(requests(victim));
    const lines = [...head, ...(body.length > 0 ? [`Content-Length: ${body.length}`] : [])];
    await say(victim, Buffer.concat([mutate(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), random), body]));
    return 1;
  },
};

/** Bodies reach git, so their length is right, or they come in chunks. */
export const gitBody: Fuzzer = {
  name: 'http, pkt-lines and packs',
  async send(victim, random) {
    const { head, body } = random.pick(requests(victim).filter((request) => request.body.length > 0));
    const mutated = mutate(body, random);
    const length = framed(mutated, random);
    await say(victim, Buffer.concat([Buffer.from(`${[...head, length.header].join('\r\n')}\r\n\r\n`), length.body]));
    return 1;
  },
};

function framed(body: Buffer, random: Random): { header: string; body: Buffer } {
  if (random.below(3) > 0) return { header: `Content-Length: ${body.length}`, body };
  const chunk = body.length > 0 ? [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')] : [];
  return { header: 'Transfer-Encoding: chunked', body: Buffer.concat([...chunk, Buffer.from('0\r\n\r\n')]) };
}

async function say(victim: Victim, bytes: Buffer): Promise<void> {
  const socket = await victim.connectHttp();
  socket.on('error', () => {}).resume();
  // Of a request that lost its end the other side waits for more.
  socket.end(bytes);
  await ended(socket);
}
