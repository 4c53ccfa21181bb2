import { PassThrough } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import { WebSocketHandler } from '@kubernetes/client-node/dist/web-socket-handler.js';
import { untilAborted } from '../base/until-aborted.ts';

/** What is used of `ws`, which the client library brings and has no types of. */
export interface WebSocket {
  readonly protocol: string;
  send(data: Buffer, sent: (error?: Error) => void): void;
  ping(): void;
  pause(): void;
  resume(): void;
  close(): void;
  terminate(): void;
  on(event: 'pong' | 'close' | 'message', listener: () => void): void;
}

/**
 * Opens one to a path of the API server; what it sends comes as the number of a stream and its bytes. Rejects with what the
 * library throws (`refusalOf`), or with the reason of the signal.
 */
export async function openWebSocket(
  config: KubeConfig,
  path: string,
  onFrame: (stream: number, bytes: Buffer) => void,
  signal: AbortSignal,
): Promise<WebSocket> {
  // The library ends the streams of its process when the other side says so, unless it is given others.
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const connecting = new WebSocketHandler(config, undefined, streams).connect(path, null, (stream, bytes) => {
    onFrame(stream, bytes);
    return true;
  }) as Promise<WebSocket>;
  return untilAborted(connecting, signal).catch((thrown: unknown) => {
    // One that comes too late must not keep the process.
    connecting.then((late) => late.terminate()).catch(() => {});
    throw thrown;
  });
}

/** The library rejects with the event of the socket, whose message has the status of the HTTP answer in words alone. */
export function refusalOf(thrown: unknown): { readonly status: number | undefined; readonly message: string } {
  const { message = '' } = thrown as { message?: string };
  const [, status] = /Unexpected server response: (\d+)/.exec(message) ?? [];
  return { status: status === undefined ? undefined : Number(status), message };
}
