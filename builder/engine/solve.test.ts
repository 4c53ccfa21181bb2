import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { GrpcFrames, grpcFrame } from './grpc.ts';
import { fields, mapField } from './protobuf.ts';
import { type Solve, solve } from './solve.ts';

// What BuildKit makes of it is tested with a real engine, in test/e2e/builder.test.ts; here are the faults.
const build = { tag: 'a:b', buildArgs: {}, labels: {}, noCache: false, pull: false };
const dockerfile = { name: 'Dockerfile', content: Buffer.from('FROM scratch') };

type Answer = (stream: http2.ServerHttp2Stream, request: Buffer) => void;

async function solveWith(answer: Answer, change: Partial<Solve> = {}, status: Answer = ends('0')) {
  const server = http2.createServer();
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (stream.destroyed) return;
      const [request = Buffer.alloc(0)] = new GrpcFrames(1 << 20).take(Buffer.concat(chunks));
      (String(headers[':path']).endsWith('/Solve') ? answer : status)(stream, request);
    });
  });
  const listener = net.createServer((socket) => void server.emit('connection', socket));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const socket = net.connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const all = { id: 'i', session: 's', build, dockerfile, network: undefined, onStatus: () => {}, ...change };
  try {
    return await solve(socket, all);
  } finally {
    socket.destroy();
    await new Promise((resolve) => listener.close(resolve));
  }
}

function ends(status: string, reply?: Buffer, text = ''): Answer {
  return (stream) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': text }));
    stream.end(reply && grpcFrame(reply));
  };
}

const image = mapField(1, { other: 'x', 'containerimage.digest': 'sha256:1' });

it('a solve asks for the network and the inline cache as the engine itself does', async () => {
  const asked: Record<number, string[]> = {};
  const answer: Answer = (stream, request) => {
    for (const { number, bytes } of fields(request)) asked[number] = [...(asked[number] ?? []), String(bytes)];
    ends('0', image)(stream, request);
  };
  const change = { network: 'host', build: { ...build, buildArgs: { BUILDKIT_INLINE_CACHE: '1' } } };
  await expect(solveWith(answer, change)).resolves.toEqual({ imageId: 'sha256:1' });
  expect(asked[9]).toEqual(['network.host']);
  expect(asked[8]?.[0]).toContain('inline');
  expect(asked[7]?.join()).toMatch(/force-network-mode.*host.*build-arg:BUILDKIT_INLINE_CACHE/s);
});

it('a solve fails with what the engine says, percent-decoded', async () => {
  const failed = { failure: { message: 'nö: 100% exit code: 3' } };
  await expect(solveWith(ends('2', undefined, 'n%C3%B6: 100%25 exit code: 3'))).resolves.toEqual(failed);
  const atOnce: Answer = (stream) =>
    stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': '50%' }, { endStream: true });
  await expect(solveWith(atOnce)).resolves.toEqual({ failure: { message: '50%' } });
});

it('a solve succeeds only with an image', async () => {
  await expect(solveWith(ends('0'))).resolves.toEqual({ failure: { message: 'the engine names no image' } });
});

it('a solve succeeds whatever becomes of the trace', async () => {
  const breaksOff: Answer = (stream) => stream.destroy();
  await expect(solveWith(ends('0', image), {}, breaksOff)).resolves.toEqual({ imageId: 'sha256:1' });
  const onStatus = () => {
    throw new RangeError('no trace');
  };
  const trace = ends('0', Buffer.from('x'));
  await expect(solveWith(ends('0', image), { onStatus }, trace)).resolves.toEqual({ imageId: 'sha256:1' });
});

it('a solve fails when the connection breaks, and for an answer that is no message', async () => {
  await expect(solveWith((stream) => stream.session?.destroy())).rejects.toThrow();
  await expect(solveWith((stream) => stream.close(http2.constants.NGHTTP2_CANCEL))).rejects.toThrow();
  const endless: Answer = (stream) => {
    stream.respond({ ':status': 200 });
    stream.end(Buffer.alloc(5, 0xff));
  };
  await expect(solveWith(endless)).rejects.toThrow('too long');
});
