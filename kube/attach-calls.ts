import type { KubeConfig } from '@kubernetes/client-node';
import { GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import { type ContainerStreams, containerStreams, streams } from './container-streams.ts';
import { fromStatus, NoAnswer, readStatus } from './errors.ts';
import { openWebSocket, refusalOf } from './web-socket.ts';

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
export interface Attachment extends ContainerStreams {
  /** Resolves when the streams of the container have ended. @throws ClusterUnavailable when the connection breaks before */
  readonly ended: Promise<void>;
}

export interface AttachCalls {
  /**
   * Connects with a container that runs. What it has printed before does not come.
   * @throws ClusterForbidden, ClusterUnavailable
   */
  attachToPod(target: AttachTarget, options: AttachOptions, signal: AbortSignal): Promise<Attachment>;
}

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
      return { ended: ended.promise, ...containerStreams(socket) };
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

function notAttached({ namespace, pod }: AttachTarget, thrown: unknown): GitkubeError {
  const { status, message } = refusalOf(thrown);
  if (status === undefined) return new NoAnswer(message, thrown);
  return fromStatus(readStatus(status, ''), { verb: 'create', resource: 'pods/attach', namespace, name: pod });
}
