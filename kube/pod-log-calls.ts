import { LineSplitter } from '../base/lines.ts';
import { fromStatus, NoAnswer, readStatus } from './errors.ts';
import { logLines } from './log-lines.ts';
import type { Transport } from './transport.ts';

export interface PodLogOptions {
  readonly container: string;
  /** Goes on until the container ends. */
  readonly follow: boolean;
  /** The run before this one. */
  readonly previous: boolean;
  /** The last so many lines; unset: all. */
  readonly tailLines?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  /** RFC 3339: from that second on. */
  readonly sinceTime?: string | undefined;
}

export interface PodLogLine {
  /** RFC 3339 with nanoseconds; undefined: of a piece of a line that is too long. */
  readonly at: string | undefined;
  readonly text: string;
}

export interface PodLogCalls {
  /**
   * Lines as they come, no faster than they are read. None when there is no log (yet, or any more). Ends with the
   * container, and when its connection does.
   */
  followPodLog(namespace: string, pod: string, options: PodLogOptions, signal: AbortSignal): AsyncIterable<PodLogLine>;
  /** What a container has printed so far, byte by byte, stdout and stderr in one: as much of it as the kubelet has kept. */
  readPodLog(namespace: string, pod: string, container: string, signal: AbortSignal): AsyncIterable<Buffer>;
}

const openTimeoutMs = 30_000;
const keepAliveMs = 15_000;

export function podLogCalls(transport: Transport): PodLogCalls {
  return {
    followPodLog: (namespace, pod, options, signal) =>
      linesOf(open(transport, { namespace, pod }, query(options), signal)),
    readPodLog: (namespace, pod, container, signal) =>
      open(transport, { namespace, pod }, new URLSearchParams({ container }), signal),
  };
}

async function* open(
  transport: Transport,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
  wish: URLSearchParams,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const url = transport.url(`/api/v1/namespaces/${namespace}/pods/${pod}/log?${wish}`);
  const response = await transport.open({ method: 'GET', url, timeoutMs: openTimeoutMs, signal });
  const end = () => response.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    signal.throwIfAborted();
    const { statusCode = 0 } = response;
    // 400: the container has not started yet, or there is no previous one. 404: the pod is gone.
    if (statusCode === 400 || statusCode === 404) return;
    const call = { verb: 'get', resource: 'pods/log', namespace, name: pod };
    if (statusCode !== 200) throw fromStatus(readStatus(statusCode, ''), call);
    response.socket?.setKeepAlive(true, keepAliveMs);
    yield* response as AsyncIterable<Buffer>;
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof Error && 'code' in thrown) throw new NoAnswer('a log broke off', thrown);
    throw thrown;
  } finally {
    signal.removeEventListener('abort', end);
    response.destroy();
  }
}

function query({ container, follow, previous, tailLines, sinceSeconds, sinceTime }: PodLogOptions): URLSearchParams {
  return new URLSearchParams({
    ...{ container, timestamps: 'true' },
    ...(follow && { follow: 'true' }),
    ...(previous && { previous: 'true' }),
    ...(tailLines !== undefined && { tailLines: `${tailLines}` }),
    ...(sinceSeconds !== undefined && { sinceSeconds: `${sinceSeconds}` }),
    ...(sinceTime !== undefined && { sinceTime }),
  });
}

async function* linesOf(log: AsyncIterable<Buffer>): AsyncGenerator<PodLogLine> {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for await (const chunk of log) {
    splitter.write(chunk);
    yield* lines.splice(0).flatMap(readLine);
  }
  splitter.end();
  yield* lines.flatMap(readLine);
}

function readLine(line: string): PodLogLine[] {
  const [, at, text] = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) (.*)$/s.exec(line) ?? [];
  if (text !== undefined) return [{ at, text }];
  // Without a time it is a piece of a long line, or what the kubelet answers in the place of a log.
  return logLines(line).map((piece) => ({ at: undefined, text: piece }));
}
