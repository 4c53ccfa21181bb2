import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { GitkubeError } from '../../base/errors.ts';
import type { GitProcess } from '../git/git-process.ts';
import { boundedGunzip } from './bounded-gunzip.ts';
import { discard } from './discard.ts';

export interface Exchange {
  readonly type: string;
  /** What the answer begins with, before what git says. */
  readonly begin?: string;
  /** Whether git has all that it needs of the client, who may go then. */
  readonly received: () => boolean;
  /** What the client gets of what git answers; unset: all, as it is. */
  readonly relay?: ((chunk: Buffer) => Buffer) | undefined;
  /** Bytes that a body which came compressed may have. */
  readonly maxInflatedBytes: number;
  /** Milliseconds that output may wait for the client to read. */
  readonly unreadMs: number;
}

/**
 * Hands the body of a request to a git service, and answers with what that says. As over SSH, a push that was received goes on
 * when its client leaves, or does not read, its output thrown away; everything else is ended.
 * @returns why there was nothing to answer; undefined: it is answered, or nobody is left to read it
 */
export async function exchange(
  service: GitProcess,
  request: IncomingMessage,
  response: ServerResponse,
  options: Exchange,
): Promise<GitkubeError | undefined> {
  const { received } = options;
  const leave = () => {
    if (received()) service.stdin.end();
    else service.end();
  };
  request.once('close', () => request.complete || leave());
  response.once('close', () => response.writableFinished || leave());
  // Neither is heard of one that has left already.
  if (response.destroyed || (request.destroyed && !request.complete)) leave();
  const cutOff = send(request, service, options);
  service.stderr.on('data', (chunk: Buffer) => void (received() || service.hear(chunk)));
  await copy(service.stdout, response, options);
  const code = await service.done;
  // What then still comes is read for as long again, as its client reads the answer only when it has sent all.
  if (!(await discard(request))) void discard(request).then((isAll) => isAll || request.socket.destroy());
  const reason = service.endedFor ?? cutOff() ?? service.problem;
  // Half an answer must not look like a whole one.
  if (response.headersSent) return void (service.endedFor ? response.destroy() : response.end());
  if (response.destroyed) return undefined;
  if (code === 0) return void begin(response, options).end();
  return reason ?? new GitkubeError('GitFailed', `git ended with exit code ${code}`);
}

/**
 * git may have enough before the end of the body, which is read on then: a client reads no answer while it sends.
 * @returns why it was cut off
 */
function send(request: IncomingMessage, service: GitProcess, { maxInflatedBytes, received }: Exchange) {
  let problem: GitkubeError | undefined;
  const isZipped = /^(x-)?gzip$/.test(request.headers['content-encoding'] ?? '');
  const [first, ...others] = isZipped ? boundedGunzip(maxInflatedBytes) : [service.stdin];
  if (isZipped) {
    const refuse = (error: Error) => {
      if (problem || received()) return;
      problem = new GitkubeError('UsageInvalid', `the body of the request cannot be inflated: ${error.message}`, {
        hint: 'send it without content-encoding',
      });
      service.end(problem);
    };
    // Not those of stdin: git may end before it has read all.
    for (const stage of [first, ...others]) stage?.once('error', refuse);
    pipeline([first, ...others, service.stdin] as never, () => {});
  }
  const input = first as NodeJS.WritableStream;
  request.pipe(input);
  input.once('close', () => {
    request.unpipe(input);
    request.resume();
  });
  return () => problem;
}

/** With back-pressure as long as there is a client that reads; all is read in any case, as git would stand at what nobody reads. */
async function copy(from: Readable, response: ServerResponse, options: Exchange): Promise<void> {
  const { relay = (chunk: Buffer) => chunk, unreadMs } = options;
  for await (const chunk of from) {
    if (response.destroyed) continue;
    if (!response.headersSent) begin(response, options);
    if (response.write(relay(chunk as Buffer))) continue;
    if (!(await drained(response, unreadMs))) response.destroy();
  }
}

function begin(response: ServerResponse, { type, begin: first = '' }: Exchange): ServerResponse {
  // gitprotocol-http(5), "Smart Server Response": no cache on the way may keep it. In the order of git http-backend.
  response.writeHead(200, {
    expires: 'Fri, 01 Jan 1980 00:00:00 GMT',
    pragma: 'no-cache',
    'cache-control': 'no-cache, max-age=0, must-revalidate',
    'content-type': type,
  });
  if (first !== '') response.write(first);
  return response;
}

/** @returns false: its client has not read for so long, or has left */
function drained(response: ServerResponse, maxMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isRead: boolean) => {
      clearTimeout(timer);
      response.off('drain', read).off('close', gone);
      resolve(isRead);
    };
    const read = () => end(true);
    const gone = () => end(false);
    const timer = setTimeout(gone, maxMs);
    response.on('drain', read).on('close', gone);
  });
}
