import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { canonicalHost } from './names.ts';
import { bytesField, fields } from './protobuf.ts';
import type { RegistryCredentials } from './types.ts';

const credentialsCall = '/moby.filesync.v1.Auth/Credentials';
const healthCall = '/grpc.health.v1.Health/Check';
/** What the engine is told that it may ask for. */
export const sessionMethods = [credentialsCall, healthCall];

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html
const statusOk = '0';
const statusInvalidArgument = '3';
const statusUnimplemented = '12';
const maxRequestBytes = 16_384;
const serving = Buffer.from([8, 1]);

/**
 * BuildKit's session: over the connection that `POST /session` made, the engine calls back as a gRPC client. It asks
 * for the credentials of every host that the Dockerfile names, so the answer must depend on the host: a pushed
 * `FROM evil.example/x` gets nothing. The answer of dockerode's own session does not, which is why it is not used.
 * @returns the function that ends the session; idempotent.
 */
export function serveSession(socket: Duplex, credentials: RegistryCredentials | undefined): () => void {
  const server = http2.createServer();
  const end = () => {
    socket.destroy();
    server.close();
  };
  socket.on('error', end);
  server.on('sessionError', end);
  server.on('stream', (stream, headers) => {
    // One call that broke off; whether the session has is said by the socket.
    stream.on('error', () => {});
    answer(stream, String(headers[':path']), credentials);
  });
  server.emit('connection', socket);
  return end;
}

function answer(stream: http2.ServerHttp2Stream, path: string, credentials: RegistryCredentials | undefined): void {
  const chunks: Buffer[] = [];
  let received = 0;
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > maxRequestBytes) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    else chunks.push(chunk);
  });
  stream.on('end', () => {
    // The engine has hung up, or asked for too much: nobody reads an answer, and a closed stream throws at the attempt.
    if (stream.closed || stream.destroyed) return;
    const { status, reply } = replyTo(path, Buffer.concat(chunks).subarray(5), credentials);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
    stream.end(reply === undefined ? undefined : frame(reply));
  });
}

interface Reply {
  readonly status: string;
  readonly reply?: Buffer;
}

/** Never throws: an exception inside an event handler would end the whole server. */
function replyTo(path: string, message: Buffer, credentials: RegistryCredentials | undefined): Reply {
  if (path === healthCall) return { status: statusOk, reply: serving };
  if (path !== credentialsCall) return { status: statusUnimplemented };
  try {
    return { status: statusOk, reply: credentialsReply(message, credentials) };
  } catch {
    return { status: statusInvalidArgument };
  }
}

/** An empty answer means: none, ask anonymously. */
function credentialsReply(request: Buffer, credentials: RegistryCredentials | undefined): Buffer {
  let host = '';
  for (const field of fields(request)) if (field.number === 1) host = field.bytes?.toString('utf8') ?? '';
  if (credentials === undefined || canonicalHost(host) !== canonicalHost(credentials.host)) return Buffer.alloc(0);
  const username = credentials.username === '<token>' ? '' : credentials.username;
  return Buffer.concat([bytesField(1, Buffer.from(username)), bytesField(2, Buffer.from(credentials.password))]);
}

/** gRPC: one byte "not compressed", four bytes of length. */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
