import type { KubeConfig } from '@kubernetes/client-node';
import { GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import { fromStatus, NoAnswer, readStatus } from './errors.ts';
import { openWebSocket, refusalOf, type WebSocket } from './web-socket.ts';

export interface AttachTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface AttachOptions {
  /** Of a container without a TTY stdout and stderr are apart. */
  readonly tty: boolean;
  /** False: it takes input alone. */
  readonly output: boolean;
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void;
}

/** The streams of a container, as long as it is not disposed. */
export interface Attachment extends Disposable {
  /** Resolves when the streams of the container have ended. @throws ClusterUnavailable when the connection breaks before */
  readonly ended: Promise<void>;
  /** Resolves when it is on its way: a container that reads slowly has it wait. Never rejects. */
  write(bytes: Buffer): Promise<void>;
  /** @returns false: this API server cannot pass the end of input on (before Kubernetes 1.30) */
  endInput(): boolean;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  /** No more output until `resume`: the container waits once all that is between them is full. */
  pause(): void;
  resume(): void;
}

export interface AttachCalls {
  /**
   * Connects with a container that runs. What it has printed before does not come.
   * @throws ClusterForbidden, ClusterUnavailable
   */
  attachToPod(target: AttachTarget, options: AttachOptions, signal: AbortSignal): Promise<Attachment>;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/, v5.channel.k8s.io: the first byte of each frame. */
const streams = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/** A proxy ends a connection on which nothing is said for a minute, and one that is lost says nothing either. */
const pingMs = 20_000;

export function attachCalls(config: KubeConfig): AttachCalls {
  return {
    attachToPod: async (target, options, signal) => {
      const ended = Promise.withResolvers<void>();
      ended.promise.catch(() => {});
      const onFrame = (stream: number, bytes: Buffer) => {
        // Each stream begins with a frame that is empty.
        if (bytes.length === 0) return;
        if (stream === streams.status) settle(ended, bytes.toString());
        else options.onOutput(stream === streams.stderr ? 'stderr' : 'stdout', bytes);
      };
      const socket = await openWebSocket(config, pathOf(target, options), onFrame, signal).catch((thrown) => {
        signal.throwIfAborted();
        throw notAttached(target, thrown);
      });
      socket.on('close', () => ended.reject(new NoAnswer('the connection to the container broke')));
      return attachment(socket, ended.promise);
    },
  };
}

function pathOf({ namespace, pod, container }: AttachTarget, { tty, output }: AttachOptions): string {
  const query = { container, stdin: 'true', stdout: `${output}`, stderr: `${output && !tty}`, tty: `${tty}` };
  return `/api/v1/namespaces/${namespace}/pods/${pod}/attach?${new URLSearchParams(query)}`;
}

/** @param text a Status as JSON, or words of something that is between */
function settle({ resolve, reject }: PromiseWithResolvers<void>, text: string): void {
  if (/"status":\s*"Success"/.test(text)) return void resolve();
  const why = readStatus(0, text).message || plain(text, 300);
  reject(new GitkubeError('ClusterUnavailable', `the streams of the container broke: ${why}`));
}

function attachment(socket: WebSocket, ended: Promise<void>): Attachment {
  const send = (stream: number, bytes: Uint8Array) => {
    const sent = Promise.withResolvers<void>();
    socket.send(Buffer.concat([Buffer.of(stream), bytes]), () => sent.resolve());
    return sent.promise;
  };
  const pinging = keepAlive(socket);
  return {
    ended,
    write: (bytes) => send(streams.stdin, bytes),
    endInput: () => {
      if (socket.protocol !== 'v5.channel.k8s.io') return false;
      void send(streams.close, Buffer.of(streams.stdin));
      return true;
    },
    resize: ({ columns, rows }) =>
      void send(streams.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows }))),
    pause: () => {
      pinging.pause();
      socket.pause();
    },
    resume: () => {
      socket.resume();
      pinging.resume();
    },
    [Symbol.dispose]: () => {
      pinging.pause();
      socket.terminate();
    },
  };
}

/** Asks whether the other side is there, as long as its answers are read. */
function keepAlive(socket: WebSocket) {
  let isAnswered = true;
  const heard = () => {
    isAnswered = true;
  };
  socket.on('pong', heard);
  socket.on('message', heard);
  const ask = () => {
    if (!isAnswered) return socket.terminate();
    isAnswered = false;
    socket.ping();
  };
  let timer: NodeJS.Timeout | undefined;
  const pause = () => clearInterval(timer);
  const resume = () => {
    pause();
    isAnswered = true;
    timer = setInterval(ask, pingMs);
  };
  socket.on('close', pause);
  resume();
  return { pause, resume };
}

function notAttached({ namespace, pod }: AttachTarget, thrown: unknown): GitkubeError {
  const { status, message } = refusalOf(thrown);
  if (status === undefined) return new NoAnswer(message, thrown);
  return fromStatus(readStatus(status, ''), { verb: 'create', resource: 'pods/attach', namespace, name: pod });
}
