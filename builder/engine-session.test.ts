import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { credentialsReply, serveSession } from './engine-session.ts';
import { bytesField } from './protobuf.ts';

const credentials = { host: 'docker.io', username: 'ann', password: 'secret' };

it.each([
  ['registry-1.docker.io', true],
  ['docker.io', true],
  ['evil.example', false],
  ['docker.io.evil.example', false],
  ['', false],
])('gives the password to %s: %s', (host, given) => {
  const reply = credentialsReply(bytesField(1, Buffer.from(host)), credentials);
  expect(reply.includes('secret')).toBe(given);
  expect(reply.length > 0).toBe(given);
});

it('answers calls that it knows, refuses others, and leaves nothing open', async () => {
  const ended: (() => void)[] = [];
  const server = net.createServer((socket) => ended.push(serveSession(socket, credentials)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const closed = new Promise((resolve) => client.on('close', resolve));
  await expect(call(client, '/grpc.health.v1.Health/Check')).resolves.toEqual(['0', '08 01']);
  await expect(call(client, '/moby.filesync.v1.FileSync/DiffCopy')).resolves.toEqual(['12', '']);
  for (const end of ended) end();
  await closed;
  await new Promise((resolve) => server.close(resolve));
});

function call(client: http2.ClientHttp2Session, path: string): Promise<[status: string, reply: string]> {
  return new Promise((resolve, reject) => {
    const stream = client.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
    const chunks: Buffer[] = [];
    let status = '';
    stream.on('trailers', (trailers) => {
      status = String(trailers['grpc-status']);
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () =>
      resolve([
        status,
        Buffer.concat(chunks)
          .subarray(5)
          .toString('hex')
          .replace(/..(?=.)/g, '$& '),
      ]),
    );
    stream.on('error', reject);
    stream.end(Buffer.alloc(5));
  });
}
