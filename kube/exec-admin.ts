import type { KubeConfig, V1Status } from '@kubernetes/client-node';
import { GitkubeError } from '../base/errors.ts';
import { untilAborted } from '../base/until-aborted.ts';
import { type ContainerStreams, containerStreams, streams } from './container-streams.ts';
import { openWebSocket, refusalOf } from './web-socket.ts';

export interface PodContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type OnOutput = (stream: 'stdout' | 'stderr', bytes: Buffer) => void;

/** A program that runs in a container. */
export interface Execution extends ContainerStreams {
  /** Resolves with its exit code. @throws ClusterUnavailable when it does not start, or the connection breaks */
  readonly ended: Promise<number>;
}

export interface ExecAdmin {
  /**
   * Runs a program in a container, as `kubectl exec` does, without stdin. A non-zero exit code is a result.
   * @throws ClusterForbidden without the right to, ClusterUnavailable when the connection does not come or breaks
   */
  execInPod(where: PodContainer, command: readonly string[], signal: AbortSignal): Promise<ExecResult>;
  /**
   * The same with stdin, and with its output as it comes.
   * @param signal until it is connected
   */
  startInPod(
    where: PodContainer,
    command: readonly string[],
    onOutput: OnOutput,
    signal: AbortSignal,
  ): Promise<Execution>;
}

export function execAdmin(config: KubeConfig): ExecAdmin {
  return {
    execInPod: async (where, command, signal) => {
      const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const onOutput: OnOutput = (stream, bytes) => void output[stream].push(bytes);
      using execution = await connect(config, { where, command, stdin: false }, onOutput, signal);
      const code = await untilAborted(execution.ended, signal);
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();
      return { code, stdout: text(output.stdout), stderr: text(output.stderr) };
    },
    startInPod: (where, command, onOutput, signal) =>
      connect(config, { where, command, stdin: true }, onOutput, signal),
  };
}

interface Program {
  readonly where: PodContainer;
  readonly command: readonly string[];
  readonly stdin: boolean;
}

async function connect(
  config: KubeConfig,
  program: Program,
  onOutput: OnOutput,
  signal: AbortSignal,
): Promise<Execution> {
  const { where } = program;
  const ended = Promise.withResolvers<number>();
  ended.promise.catch(() => {});
  const onFrame = (stream: number, bytes: Buffer) => {
    // Each stream begins with a frame that is empty.
    if (bytes.length === 0) return;
    if (stream === streams.status) settle(ended, bytes.toString(), where);
    else onOutput(stream === streams.stderr ? 'stderr' : 'stdout', bytes);
  };
  const socket = await openWebSocket(config, pathOf(program), onFrame, signal).catch((thrown: unknown) => {
    signal.throwIfAborted();
    throw notConnected(where, thrown);
  });
  socket.on('close', () => ended.reject(broken(where)));
  return { ended: ended.promise, ...containerStreams(socket) };
}

function pathOf({ where: { namespace, pod, container }, command, stdin }: Program): string {
  const query = new URLSearchParams({ container, stdin: `${stdin}`, stdout: 'true', stderr: 'true', tty: 'false' });
  for (const word of command) query.append('command', word);
  return `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query}`;
}

/** @param text a Status as JSON, or words of something that is between */
function settle(ended: PromiseWithResolvers<number>, text: string, where: PodContainer): void {
  try {
    ended.resolve(exitCode(text, where));
  } catch (thrown) {
    ended.reject(thrown);
  }
}

function exitCode(text: string, where: PodContainer): number {
  const { status, message = '', details } = statusIn(text);
  if (status === 'Success') return 0;
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code !== undefined) return Number(code);
  throw new GitkubeError('ClusterUnavailable', `cannot run a command in ${inWords(where)}: ${message}`);
}

function statusIn(text: string): V1Status {
  try {
    return JSON.parse(text) as V1Status;
  } catch {
    return { message: text };
  }
}

function notConnected(where: PodContainer, thrown: unknown): GitkubeError {
  const { status, message } = refusalOf(thrown);
  if (status === 401 || status === 403) {
    return new GitkubeError('ClusterForbidden', `you may not run commands in ${inWords(where)}`, {
      // A WebSocket begins as a GET; newer API servers ask for both.
      hint: ['create', 'get'].map((verb) => `kubectl auth can-i ${verb} pods/exec -n ${where.namespace}`),
    });
  }
  const why = status === undefined ? message : `the Kubernetes API answers ${status}`;
  return new GitkubeError('ClusterUnavailable', `cannot run a command in ${inWords(where)}: ${why}`);
}

function broken(where: PodContainer): GitkubeError {
  return new GitkubeError('ClusterUnavailable', `the connection to ${inWords(where)} broke`);
}

function inWords({ namespace, pod, container }: PodContainer): string {
  return `container ${container} of pod ${namespace}/${pod}`;
}
