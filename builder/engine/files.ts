import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GrpcFrames, grpcFrame, grpcRespond, grpcStatus } from './grpc.ts';
import { bytesField, fields, textField, varintField } from './protobuf.ts';

/** What an engine takes over the session of a build, when the Dockerfile is not a file of the context. */
export interface EngineFiles {
  /** A tar. */
  readonly context: Readable;
  readonly dockerfile: DockerfileApart;
}

export interface DockerfileApart {
  /** Without a folder. */
  readonly name: string;
  readonly content: Buffer;
}

export const contextCall = '/moby.upload.v1.Upload/Pull';
export const dockerfileCall = '/moby.filesync.v1.FileSync/DiffCopy';
/** Where BuildKit gets the context: the name of a host that it looks for in the session. */
export const contextUrl = 'http://buildkit-session/context';
/** The name under which it asks for the folder of the Dockerfile. */
export const dockerfileFolder = 'dockerfile';

const maxPartBytes = 32 * 1024;
const maxRequestBytes = 16_384;

/** Sends the tar as it comes (https://github.com/moby/buildkit/blob/v0.23.0/session/upload/upload.proto). */
export function sendContext(stream: ServerHttp2Stream, context: Readable): void {
  grpcRespond(stream, () => grpcStatus.ok);
  stream.resume();
  const framed = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, grpcFrame(bytesField(1, chunk))),
  });
  // Who reads the context sees it fail, and who started the build sees the call end.
  pipeline(context, framed, stream).catch(() => stream.destroy());
}

// https://github.com/tonistiigi/fsutil/blob/master/types/wire.proto
const packet = { stat: 0, request: 1, data: 2, end: 3 } as const;

/**
 * A folder with one file, by the protocol of fsutil: the sender lists what there is, the receiver asks for what it lacks.
 */
export function sendDockerfile(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, file: DockerfileApart): void {
  const known = headers['dir-name'] === dockerfileFolder;
  grpcRespond(stream, () => (known ? grpcStatus.ok : grpcStatus.notFound));
  if (!known) {
    stream.end();
    return;
  }
  const send = (...parts: Buffer[]) => stream.write(grpcFrame(Buffer.concat(parts)));
  send(bytesField(2, statOf(file)));
  send();
  const frames = new GrpcFrames(maxRequestBytes);
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const { type, id } of frames.take(chunk).map(readPacket)) {
        if (type === packet.request) for (const part of contentOf(file, id)) send(part);
        if (type !== packet.end) continue;
        send(varintField(1, packet.end));
        stream.end();
      }
    } catch {
      stream.destroy();
    }
  });
}

function statOf({ name, content }: DockerfileApart): Buffer {
  return Buffer.concat([textField(1, name), varintField(2, 0o644), varintField(5, content.length)]);
}

function* contentOf({ content }: DockerfileApart, id: number): Generator<Buffer> {
  const head = Buffer.concat([varintField(1, packet.data), varintField(3, id)]);
  for (let at = 0; at < content.length; at += maxPartBytes) {
    yield Buffer.concat([head, bytesField(4, content.subarray(at, at + maxPartBytes))]);
  }
  yield head;
}

function readPacket(message: Buffer): { readonly type: number; readonly id: number } {
  const found = new Map([...fields(message)].map(({ number, varint }) => [number, varint]));
  return { type: found.get(1) ?? packet.stat, id: found.get(3) ?? 0 };
}
