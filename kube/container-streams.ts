import type { WebSocket } from './web-socket.ts';

/** https://kubernetes.io/docs/reference/using-api/api-concepts/, v5.channel.k8s.io: the first byte of each frame. */
export const streams = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/** A proxy ends a connection on which nothing is said for a minute, and one that is lost says nothing either. */
const pingMs = 20_000;

/** The streams of a process in a container, as long as it is not disposed. */
export interface ContainerStreams extends Disposable {
  /** Resolves when it is on its way: a process that reads slowly has it wait. Never rejects. */
  write(bytes: Buffer): Promise<void>;
  /** @returns false: this API server cannot pass the end of input on (before Kubernetes 1.30) */
  endInput(): boolean;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  /** No more output until `resume`: the process waits once all that is between them is full. */
  pause(): void;
  resume(): void;
}

export function containerStreams(socket: WebSocket): ContainerStreams {
  const send = (stream: number, bytes: Uint8Array) => {
    const sent = Promise.withResolvers<void>();
    socket.send(Buffer.concat([Buffer.of(stream), bytes]), () => sent.resolve());
    return sent.promise;
  };
  const pinging = keepAlive(socket);
  return {
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
