import type { IncomingMessage } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import { LineSplitter } from '../base/lines.ts';
import { fromStatus, NoAnswer, readStatus } from './errors.ts';
import type { Collection, KubeObject } from './kube.ts';
import { collectionPath, headersOf, listCall } from './list.ts';
import { parseObject } from './objects.ts';
import type { Transport } from './transport.ts';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

export interface StreamOptions {
  readonly transport: Transport;
  readonly collection: Collection;
  readonly resourceVersion: string;
  /** How long the API server is asked to keep the connection. */
  readonly timeoutSeconds: number;
  /** Silence after which the connection counts as dead. Bookmarks come about every minute. */
  readonly idleMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  readonly onEvent: (event: WatchEvent) => void;
}

/** The history of a watch is gone, or its stream cannot be trusted: list again. */
export class MustRelist extends Error {}

const openTimeoutMs = 30_000;
// An object in etcd is at most 1.5 MiB.
const maxLineLength = 8 * 1024 * 1024;
// libuv probes every second after this, ten times: a peer that is gone is noticed after about 25 s.
const keepAliveMs = 15_000;

/** One connection of a watch. Returns when the API server closes it in good order, throws for everything else. */
export async function streamEvents(options: StreamOptions): Promise<void> {
  const response = await open(options);
  const watchdog = new Watchdog(options.clock, options.idleMs, () =>
    response.destroy(new NoAnswer(`the watch was silent for ${options.idleMs / 1000} s`)),
  );
  const onAbort = () => response.destroy();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    options.signal.throwIfAborted();
    response.socket?.setKeepAlive(true, keepAliveMs);
    options.onOpen();
    watchdog.touch();
    const lines = new LineSplitter((line) => options.onEvent(readEvent(line, options.collection)), maxLineLength);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      watchdog.touch();
      lines.write(chunk);
    }
  } catch (thrown) {
    options.signal.throwIfAborted();
    if (thrown instanceof GitkubeError || thrown instanceof MustRelist) throw thrown;
    throw new NoAnswer('the watch broke off', thrown);
  } finally {
    watchdog.stop();
    options.signal.removeEventListener('abort', onAbort);
    response.destroy();
  }
}

async function open(options: StreamOptions): Promise<IncomingMessage> {
  const { transport, collection, signal } = options;
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(options.timeoutSeconds),
    resourceVersion: options.resourceVersion,
  };
  const url = transport.url(collectionPath(collection, query));
  const response = await transport.open({
    method: 'GET',
    url,
    headers: headersOf(collection),
    timeoutMs: openTimeoutMs,
    signal,
  });
  if (response.statusCode === 200) return response;
  response.destroy();
  if (response.statusCode === 410) throw new MustRelist('the resource version is too old');
  throw fromStatus(readStatus(response.statusCode ?? 0, ''), listCall(collection, 'watch'));
}

function readEvent(line: string, collection: Collection): WatchEvent {
  const event = parseObject(line, collection) as { type?: string; object?: KubeObject } | undefined;
  const { type, object } = event ?? {};
  if (type === 'ERROR') {
    const { code } = (object ?? {}) as { code?: number };
    throw new MustRelist(code === 410 ? 'the resource version is too old' : `the API server reports ${code}`);
  }
  const known = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
  if (!known || typeof object?.metadata?.resourceVersion !== 'string') {
    throw new MustRelist('a line of the watch is no event');
  }
  return { type, object };
}

/** Calls `onSilence` once when `touch` was not called for `idleMs`. One pending delay, however often it is touched. */
class Watchdog {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #stop = new AbortController();
  #last = 0;

  constructor(clock: Clock, idleMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.touch();
    this.#guard(idleMs).then(onSilence, () => {});
  }

  touch(): void {
    this.#last = this.#clock.monotonic();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #guard(firstMs: number): Promise<void> {
    for (let ms = firstMs; ms > 0; ms = this.#last + this.#idleMs - this.#clock.monotonic()) {
      await this.#clock.delay(ms, this.#stop.signal);
    }
  }
}
