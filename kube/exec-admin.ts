import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Exec, type KubeConfig, type V1Status } from '@kubernetes/client-node';
import { GitkubeError } from '../base/errors.ts';
import { untilAborted } from '../base/until-aborted.ts';
import { refusalOf } from './web-socket.ts';

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

export interface ExecAdmin {
  /**
   * Runs a program in a container, as `kubectl exec` does, without stdin. A non-zero exit code is a result.
   * Throws `ClusterForbidden` without the right to, `ClusterUnavailable` when the connection does not come or breaks.
   */
  execInPod(where: PodContainer, command: readonly string[], signal: AbortSignal): Promise<ExecResult>;
}

export function execAdmin(config: KubeConfig): ExecAdmin {
  return {
    execInPod: async (where, command, signal) => {
      const stdout = new PassThrough();
      const stderr = new PassThrough();
      const output = Promise.all([text(stdout), text(stderr)]);
      const status = Promise.withResolvers<V1Status>();
      const { namespace, pod, container } = where;
      const connecting = new Exec(config)
        .exec(namespace, pod, container, [...command], stdout, stderr, null, false, status.resolve)
        .catch((thrown: unknown) => {
          throw notConnected(where, thrown);
        });
      // One that comes too late must not keep the process.
      const socket = await untilAborted(connecting, signal).catch((thrown: unknown) => {
        connecting.then((late) => late.close()).catch(() => {});
        throw thrown;
      });
      const onAbort = () => socket.close();
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      socket.onclose = () => status.reject(signal.aborted ? signal.reason : broken(where));
      try {
        const code = exitCode(await status.promise, where);
        const [out, err] = await output;
        return { code, stdout: out, stderr: err };
      } finally {
        signal.removeEventListener('abort', onAbort);
        socket.close();
      }
    },
  };
}

function exitCode({ status, message = '', details }: V1Status, where: PodContainer): number {
  if (status === 'Success') return 0;
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code !== undefined) return Number(code);
  throw new GitkubeError('ClusterUnavailable', `cannot run a command in ${inWords(where)}: ${message}`);
}

function notConnected(where: PodContainer, thrown: unknown): GitkubeError {
  const { status, message } = refusalOf(thrown);
  if (status === 401 || status === 403) {
    return new GitkubeError('ClusterForbidden', `you may not run commands in ${inWords(where)}`, {
      hint: `kubectl auth can-i create pods/exec -n ${where.namespace}`,
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
