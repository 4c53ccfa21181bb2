import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GitkubeError } from '../../base/errors.ts';
import { refusalLines } from '../commands/refusal.ts';
import { discard } from './discard.ts';

/** git asks for a user and a password by it, and its credential helpers know both by the host. */
const challenge = 'Basic realm="Gitkube", charset="UTF-8"';

/** What git prints, a line each behind `remote: `, where it is text/plain. */
export async function answerText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
): Promise<void> {
  await discard(request);
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // What is left of a large body is not read.
    connection: 'close',
    ...(status === 401 && { 'www-authenticate': challenge }),
    ...(status === 503 && { 'retry-after': '30' }),
  });
  response.end(text);
}

/** @param error with hints that the reader can type */
export async function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  error: GitkubeError,
): Promise<void> {
  await answerText(request, response, statusOf(error), refusalLines(error));
}

/** git erases the credentials that a 401 refuses, so one that is right gets 403 for what it may not do. */
function statusOf({ kind }: GitkubeError): number {
  if (kind === 'user') return 403;
  return kind === 'transient' ? 503 : 500;
}
