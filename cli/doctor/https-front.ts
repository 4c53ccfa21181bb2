import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { connect, getCACertificates, type PeerCertificate } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { checkLimits, checkPath, checkType } from '../../server/git-http/front-check.ts';

/** What was answered. */
export interface Answered {
  readonly status: number;
  /** As it calls itself. */
  readonly server: string;
  /** Whether it is that of the check. */
  readonly isOurs: boolean;
  readonly text: string;
  /** The part that came first. */
  readonly first: string;
}

/** What a request came to; a problem: there was no answer, or it was cut off. */
export type Answer = Answered | { readonly problem: string; readonly isLate: boolean };

/** Larger than what any proxy takes without being asked to, and in chunks, as git sends a push. */
export const bodyBytes = 2 * 1024 ** 2;
const firstBytes = 16 * 1024;
const connectMs = 5000;
const bodyMs = 15_000;
const slowMs = 19_000;
const maxChunk = 1000;
/** Of the answers that are ours there are a few lines; another one may be endless. */
const maxChunks = 100;

export interface BodyLook {
  readonly answer: Answer;
  /** Whether the server had its first bytes before the last ones were sent; undefined: not known. */
  readonly isPassedOn: boolean | undefined;
}

export interface SlowLook {
  readonly answer: Answer;
  /** From the request to the end of the answer. */
  readonly ms: number;
}

export interface Peer {
  readonly certificate: PeerCertificate;
  /** Why it is not trusted here; unset: it is. */
  readonly distrust: string | undefined;
}

/** Whose certificate it is. @param url an origin */
export async function lookAtPeer(url: string, signal: AbortSignal): Promise<Peer | { readonly problem: string }> {
  const { host, port } = placeOf(url);
  const limit = AbortSignal.timeout(connectMs);
  const ca = [...getCACertificates('default'), ...getCACertificates('system')];
  const servername = isIP(host) ? {} : { servername: host };
  const socket = connect({ host, port, ...servername, ca, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.any([signal, limit]) });
    const distrust = socket.authorized ? undefined : String(socket.authorizationError);
    return { certificate: socket.getPeerCertificate(), distrust };
  } catch (thrown) {
    signal.throwIfAborted();
    return { problem: limit.aborted ? `no answer within ${connectMs / 1000} s` : codeOf(thrown) };
  } finally {
    socket.on('error', () => {}).destroy();
  }
}

/** Sends the first part of a body, sees whether it has come to the server, and sends the rest. */
export async function lookAtBody(url: string, signal: AbortSignal): Promise<BodyLook> {
  const limit = AbortSignal.timeout(bodyMs);
  const path = `${checkPath}/${randomBytes(16).toString('hex')}`;
  const ask = (method: string) => open(url, method, path, AbortSignal.any([signal, limit]));
  const [post, arrival] = [ask('POST'), ask('GET')];
  const answer = wholeAnswer(post, limit, bodyMs);
  const arrived = wholeAnswer(arrival, limit, bodyMs);
  post.write(Buffer.alloc(firstBytes));
  arrival.end();
  const seen = await Promise.race([arrived, answer.then(() => undefined)]);
  post.end(Buffer.alloc(bodyBytes - firstBytes));
  const isKnown = seen !== undefined && 'status' in seen && seen.isOurs;
  const look = { answer: await answer, isPassedOn: isKnown ? Number(seen.text) > 0 : undefined };
  arrival.destroy();
  signal.throwIfAborted();
  return look;
}

/** Reads an answer that takes its time. */
export async function lookAtSlowAnswer(url: string, clock: Clock, signal: AbortSignal): Promise<SlowLook> {
  const limit = AbortSignal.timeout(slowMs);
  const began = clock.monotonic();
  const asked = open(url, 'GET', `${checkPath}/slow`, AbortSignal.any([signal, limit]));
  asked.end();
  const answer = await wholeAnswer(asked, limit, slowMs);
  signal.throwIfAborted();
  return { answer, ms: clock.monotonic() - began };
}

/** Whose certificate it is is judged beforehand, and nothing secret is sent. */
function open(url: string, method: string, path: string, signal: AbortSignal): ClientRequest {
  const { host, port } = placeOf(url);
  return request({ host, port, method, path, signal, agent: false, rejectUnauthorized: false });
}

async function wholeAnswer(asked: ClientRequest, limit: AbortSignal, limitMs: number): Promise<Answer> {
  // It may be heard after the answer, as of a body that is refused before it is sent.
  asked.on('error', () => {});
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const chunks: string[] = [];
    for await (const chunk of response) if (chunks.length < maxChunks) chunks.push(String(chunk).slice(0, maxChunk));
    const { statusCode: status = 0, headers } = response;
    const isOurs = status === 200 && headers['content-type'] === checkType;
    const [first = ''] = chunks;
    return { status, server: String(headers.server ?? ''), isOurs, text: chunks.join('').slice(0, maxChunk), first };
  } catch (thrown) {
    const isLate = limit.aborted;
    return { isLate, problem: isLate ? `no answer within ${limitMs / 1000} s` : codeOf(thrown) };
  }
}

function codeOf(thrown: unknown): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  return code ?? message;
}

function placeOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
}

export const slowSeconds = checkLimits.slowMs / 1000;
