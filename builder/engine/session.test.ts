import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { EngineFiles } from './files.ts';
import { GrpcFrames } from './grpc.ts';
import { bytesField, fields } from './protobuf.ts';
import { serveSession } from './session.ts';

const credentials = { host: 'docker.io', username: 'ann', password: 'secret' };

const credentialsCall = '/moby.filesync.v1.Auth/Credentials';

it.each([
  ['registry-1.docker.io', true],
  ['docker.io', true],
  ['evil.example', false],
  ['docker.io.evil.example', false],
  ['', false],
])('a session gives the password to %s: %s', async (host, given) => {
  await using session = await openSession();
  const [status, reply] = await call(session.client, credentialsCall, grpc(bytesField(1, Buffer.from(host))));
  expect(status).toBe('0');
  expect(reply.includes('secret')).toBe(given);
  expect(reply.length > 5).toBe(given);
});

it('a session answers calls that it knows, refuses others, and leaves nothing open', async () => {
  await using session = await openSession();
  const health = await call(session.client, '/grpc.health.v1.Health/Check');
  expect(health).toEqual(['0', grpc(Buffer.from([8, 1]))]);
  await expect(call(session.client, '/moby.filesync.v1.FileSync/DiffCopy')).resolves.toMatchObject([
    '12',
    { length: 0 },
  ]);
});

const files = { dockerfile: { name: 'Dockerfile', content: Buffer.alloc(70_000, 'x') } };
const dockerfileCall = '/moby.filesync.v1.FileSync/DiffCopy';

it('a session sends the Dockerfile to an engine that asks for it, in parts, and no other folder', async () => {
  await using session = await openSession({ ...files, context: Readable.from([]) });
  const request = Buffer.concat([grpc(Buffer.from([0x08, 1, 0x18, 0])), grpc(Buffer.from([0x08, 3]))]);
  const [status, reply] = await call(session.client, dockerfileCall, request, { 'dir-name': 'dockerfile' });
  expect(status).toBe('0');
  const packets = new GrpcFrames(1 << 20).take(reply).map((packet) => [...fields(packet)]);
  const types = packets.map((packet) => packet.find(({ number }) => number === 1)?.varint ?? 0);
  expect(types).toEqual([0, 0, 2, 2, 2, 2, 3]);
  const parts = packets.flatMap((packet) => packet.find(({ number }) => number === 4)?.bytes ?? []);
  expect(Buffer.concat(parts)).toEqual(files.dockerfile.content);
  for (const folder of ['context', '..', '']) {
    const refused = await call(session.client, dockerfileCall, request, { 'dir-name': folder });
    expect(refused).toMatchObject(['5', { length: 0 }]);
  }
});

it('a session sends the context as it comes, and breaks off when that does', async () => {
  const context = new PassThrough();
  await using session = await openSession({ ...files, context });
  const pulled = call(session.client, '/moby.upload.v1.Upload/Pull', Buffer.alloc(0));
  context.write('first');
  context.end('last');
  const [status, reply] = await pulled;
  const parts = new GrpcFrames(1 << 20).take(reply).map((message) => [...fields(message)][0]?.bytes?.toString());
  expect([status, parts.join('+')]).toEqual(['0', 'first+last']);

  const broken = new PassThrough().on('error', () => {});
  await using other = await openSession({ ...files, context: broken });
  const cut = call(other.client, '/moby.upload.v1.Upload/Pull', Buffer.alloc(0));
  broken.destroy(new Error('git ended'));
  await expect(
    cut.then(
      ([code]) => code,
      () => 'broken off',
    ),
  ).resolves.not.toBe('0');
});

it('a session gives a build its own secrets, and no others', async () => {
  const secretCall = '/moby.buildkit.secrets.v1.Secrets/GetSecret';
  const ask = (client: http2.ClientHttp2Session, id: string) =>
    call(client, secretCall, grpc(bytesField(1, Buffer.from(id))));
  await using session = await openSession(undefined, new Map([['npmrc', Buffer.from('t0ken')]]));
  expect(await ask(session.client, 'npmrc')).toEqual(['0', grpc(bytesField(1, Buffer.from('t0ken')))]);
  for (const id of ['other', '']) expect(await ask(session.client, id)).toMatchObject(['5', { length: 0 }]);
  await using without = await openSession();
  expect(await ask(without.client, 'npmrc')).toMatchObject(['12', { length: 0 }]);
});

it('a session breaks off with an engine that sends no packets', async () => {
  await using session = await openSession({ ...files, context: Readable.from([]) });
  const garbage = Buffer.alloc(40, 0xff);
  const answer = call(session.client, dockerfileCall, garbage, { 'dir-name': 'dockerfile' });
  await expect(
    answer.then(
      ([code]) => code,
      () => 'broken off',
    ),
  ).resolves.not.toBe('0');
  await expect(call(session.client, '/grpc.health.v1.Health/Check')).resolves.toMatchObject(['0', {}]);
});

it.each<[string, Buffer]>([
  ['a length that leads past its end', Buffer.from([0x0a, 0x7f])],
  ['a varint without an end', Buffer.alloc(40, 0xff)],
  ['a wire type that does not exist', Buffer.from([0x0f])],
])('a session refuses %s, and goes on', async (_, message) => {
  await using session = await openSession();
  await expect(call(session.client, credentialsCall, grpc(message))).resolves.toMatchObject(['3', { length: 0 }]);
  await expect(call(session.client, credentialsCall, Buffer.from([1]))).resolves.toMatchObject(['0', { length: 5 }]);
});

it('a session survives a call that is too long, one that is cut off, and bytes that are not HTTP/2', async () => {
  await using session = await openSession();
  await call(session.client, credentialsCall, Buffer.alloc(20_000)).catch(() => {});
  const cut = session.client.request({ ':method': 'POST', ':path': credentialsCall });
  cut.on('error', () => {});
  cut.end(Buffer.alloc(5), () => cut.close(http2.constants.NGHTTP2_CANCEL));
  await expect(call(session.client, credentialsCall)).resolves.toMatchObject(['0', { length: 5 }]);
  const garbage = net.connect(session.port).on('error', () => {});
  const closed = new Promise((resolve) => garbage.on('close', resolve));
  garbage.resume().end('GET / HTTP/1.1\r\n\r\n');
  await closed;
});

/** A client of the session, as the engine is one. */
async function openSession(files?: EngineFiles, secrets?: ReadonlyMap<string, Buffer>) {
  const ended: (() => void)[] = [];
  const server = net.createServer((socket) => ended.push(serveSession(socket, credentials, files, secrets)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = http2.connect(`http://127.0.0.1:${port}`);
  const closed = new Promise((resolve) => client.on('close', resolve));
  return {
    client,
    port,
    async [Symbol.asyncDispose]() {
      for (const end of ended) end();
      await closed;
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function grpc(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function call(
  client: http2.ClientHttp2Session,
  path: string,
  request: Buffer = Buffer.alloc(5),
  metadata: Record<string, string> = {},
): Promise<[status: string, reply: Buffer]> {
  return new Promise((resolve, reject) => {
    const stream = client.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      ...metadata,
    });
    const chunks: Buffer[] = [];
    let status = '';
    stream.on('trailers', (trailers) => {
      status = String(trailers['grpc-status']);
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve([status, Buffer.concat(chunks)]));
    stream.on('error', reject);
    stream.end(request);
  });
}
