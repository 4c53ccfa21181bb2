import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import { canonicalHost } from '../images/names.ts';
import type { RegistryCredentials } from '../types.ts';
import { contextCall, dockerfileCall, type EngineFiles, sendContext, sendDockerfile } from './files.ts';
import { grpcFrame, grpcRespond, grpcStatus } from './grpc.ts';
import { bytesField, fields } from './protobuf.ts';

const credentialsCall = '/moby.filesync.v1.Auth/Credentials';
/** https://github.com/moby/buildkit/blob/v0.23.0/session/secrets/secrets.proto */
const secretCall = '/moby.buildkit.secrets.v1.Secrets/GetSecret';
const healthCall = '/grpc.health.v1.Health/Check';

/** What the engine may ask the session for, as announced to it. */
export function sessionMethods(files: EngineFiles | undefined, secrets: Secrets | undefined): string[] {
  return [
    ...[credentialsCall, healthCall],
    ...(files ? [contextCall, dockerfileCall] : []),
    ...(secrets ? [secretCall] : []),
  ];
}

type Secrets = ReadonlyMap<string, Buffer>;

const maxRequestBytes = 16_384;
const serving = Buffer.from([8, 1]);

/**
 * BuildKit's session: over the connection that `POST /session` made, the engine calls back as a gRPC client. It asks
 * for the credentials of every host that the Dockerfile names, so the answer must depend on the host: a pushed
 * `FROM evil.example/x` gets nothing. The answer of dockerode's own session does not, which is why it is not used.
 * @returns the function that ends the session; idempotent.
 */
export function serveSession(
  socket: Duplex,
  credentials: RegistryCredentials | undefined,
  files?: EngineFiles,
  secrets?: Secrets,
): () => void {
  const server = http2.createServer();
  const end = () => {
    socket.destroy();
    server.close();
  };
  socket.on('error', end);
  server.on('sessionError', end);
  server.on('stream', (stream, headers) => {
    // One call that broke off; the socket says whether the session has.
    stream.on('error', () => {});
    const path = String(headers[':path']);
    if (files && path === contextCall) sendContext(stream, files.context);
    else if (files && path === dockerfileCall) sendDockerfile(stream, headers, files.dockerfile);
    else answer(stream, path, { credentials, secrets });
  });
  server.emit('connection', socket);
  return end;
}

/** What answers come from. */
interface Known {
  readonly credentials: RegistryCredentials | undefined;
  readonly secrets: Secrets | undefined;
}

function answer(stream: http2.ServerHttp2Stream, path: string, known: Known): void {
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
    const { status, reply } = replyTo(path, Buffer.concat(chunks).subarray(5), known);
    grpcRespond(stream, () => status);
    stream.end(reply === undefined ? undefined : grpcFrame(reply));
  });
}

interface Reply {
  readonly status: string;
  readonly reply?: Buffer;
}

/** Never throws: an exception inside an event handler would end the whole server. */
function replyTo(path: string, message: Buffer, { credentials, secrets }: Known): Reply {
  if (path === healthCall) return { status: grpcStatus.ok, reply: serving };
  const isSecret = secrets !== undefined && path === secretCall;
  if (path !== credentialsCall && !isSecret) return { status: grpcStatus.unimplemented };
  try {
    if (isSecret) return secretReply(message, secrets);
    return { status: grpcStatus.ok, reply: credentialsReply(message, credentials) };
  } catch {
    return { status: grpcStatus.invalidArgument };
  }
}

/** One that it has not is no error for BuildKit, unless the Dockerfile requires it. */
function secretReply(request: Buffer, secrets: Secrets): Reply {
  const value = secrets.get(firstText(request));
  return value === undefined ? { status: grpcStatus.notFound } : { status: grpcStatus.ok, reply: bytesField(1, value) };
}

function firstText(message: Buffer): string {
  let text = '';
  for (const field of fields(message)) if (field.number === 1) text = field.bytes?.toString('utf8') ?? '';
  return text;
}

/** An empty answer means: none, ask anonymously. */
function credentialsReply(request: Buffer, credentials: RegistryCredentials | undefined): Buffer {
  const host = firstText(request);
  if (credentials === undefined || canonicalHost(host) !== canonicalHost(credentials.host)) return Buffer.alloc(0);
  const username = credentials.username === '<token>' ? '' : credentials.username;
  return Buffer.concat([bytesField(1, Buffer.from(username)), bytesField(2, Buffer.from(credentials.password))]);
}
