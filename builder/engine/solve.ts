import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import type { EngineBuild, EngineBuildResult } from './engine.ts';
import { contextUrl, type DockerfileApart, dockerfileFolder } from './files.ts';
import { GrpcFrames, grpcFrame, grpcStatus } from './grpc.ts';
import { bytesField, fields, mapField, textField } from './protobuf.ts';

export interface Solve {
  /** Of this build alone. */
  readonly id: string;
  /** The session that has context and Dockerfile. */
  readonly session: string;
  readonly build: Pick<EngineBuild, 'tag' | 'buildArgs' | 'labels' | 'target' | 'platform' | 'noCache' | 'pull'>;
  readonly dockerfile: DockerfileApart;
  readonly network: string | undefined;
  /** A StatusResponse. */
  readonly onStatus: (response: Buffer) => void;
}

const solveCall = '/moby.buildkit.v1.Control/Solve';
const statusCall = '/moby.buildkit.v1.Control/Status';
const maxMessageBytes = 16 * 1024 * 1024;
/** As Go reads a boolean. */
const yes = /^(?:1|t|true)$/i;

/**
 * A build by BuildKit's own API, over the connection that `POST /grpc` made: what the engine makes of `POST /build`
 * (https://github.com/moby/moby/blob/v28.3.0/builder/builder-next/builder.go), and `dockerfilekey` beside it, which that one
 * cannot name: the Dockerfile does not come out of the context.
 * @throws Error for a connection that broke
 */
export async function solve(socket: Duplex, request: Solve): Promise<EngineBuildResult> {
  const client = http2.connect('http://engine', { createConnection: () => socket });
  // Each call says what became of it.
  client.on('error', () => {});
  try {
    let response = Buffer.alloc(0);
    const solved = call(client, solveCall, solveRequest(request), (message) => {
      response = Buffer.from(message);
    });
    // Its progress is for people; the other call says whether the build succeeded.
    const reported = call(client, statusCall, textField(1, request.id), request.onStatus).catch(() => {});
    const { status, text } = await solved;
    await reported;
    if (status !== grpcStatus.ok) return { failure: { message: text } };
    const imageId = exporterResponse(response).get('containerimage.digest');
    return imageId === undefined ? { failure: { message: 'the engine names no image' } } : { imageId };
  } finally {
    client.destroy();
  }
}

function solveRequest({ id, session, build, dockerfile, network }: Solve): Buffer {
  const inlineCache = yes.test(build.buildArgs.BUILDKIT_INLINE_CACHE ?? '');
  return Buffer.concat([
    textField(1, id),
    textField(3, 'moby'),
    mapField(4, { name: build.tag }),
    textField(5, session),
    textField(6, 'dockerfile.v0'),
    mapField(7, {
      context: contextUrl,
      dockerfilekey: dockerfileFolder,
      filename: dockerfile.name,
      'image-resolve-mode': build.pull ? 'pull' : 'default',
      ...(build.target === undefined ? {} : { target: build.target }),
      ...(build.platform === undefined ? {} : { platform: build.platform }),
      ...(build.noCache ? { 'no-cache': '' } : {}),
      ...(network === 'host' || network === 'none' ? { 'force-network-mode': network } : {}),
      ...prefixed('build-arg:', build.buildArgs),
      ...prefixed('label:', build.labels),
    }),
    bytesField(8, inlineCache ? bytesField(4, textField(1, 'inline')) : Buffer.alloc(0)),
    ...(network === 'host' ? [textField(9, 'network.host')] : []),
  ]);
}

function prefixed(prefix: string, entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [`${prefix}${key}`, value]));
}

function exporterResponse(message: Buffer): ReadonlyMap<string, string> {
  const entries = [...fields(message)].flatMap(({ number, bytes }) => (number === 1 && bytes ? [bytes] : []));
  return new Map(
    entries.map((entry) => {
      const [key = '', value = ''] = [...fields(entry)].map(({ bytes }) => bytes?.toString('utf8'));
      return [key, value];
    }),
  );
}

interface CallEnd {
  readonly status: string;
  readonly text: string;
}

function call(
  client: http2.ClientHttp2Session,
  path: string,
  request: Buffer,
  onMessage: (message: Buffer) => void,
): Promise<CallEnd> {
  return new Promise((resolve, reject) => {
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    const stream = client.request(headers);
    const frames = new GrpcFrames(maxMessageBytes);
    let end: http2.IncomingHttpHeaders = {};
    // A call that is refused at once has its end in its head.
    stream.on('response', (head) => {
      end = head;
    });
    stream.on('trailers', (trailers) => {
      end = trailers;
    });
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const message of frames.take(chunk)) onMessage(message);
      } catch (thrown) {
        stream.destroy(thrown as Error);
      }
    });
    stream.on('error', reject);
    stream.on('close', () => {
      const status = end['grpc-status'];
      if (status === undefined) reject(new Error('the call broke off'));
      else resolve({ status: String(status), text: unescaped(String(end['grpc-message'] ?? '')) });
    });
    stream.end(grpcFrame(request));
  });
}

/** Percent-encoded, by the protocol. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
