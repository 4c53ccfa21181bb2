import { type Command, Option } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { KubeAdmin, OnOutput, PodContainer } from '../../kube/index.ts';
import { defaultFailCode, type Usage } from '../../server/commands/usage.ts';
import type { CliContext } from '../context.ts';
import { parseNamespace } from '../flags.ts';
import { toThisVersion } from '../installation.ts';
import { version } from '../version.ts';
import { openTerminal } from './local-terminal.ts';
import { runOnServer } from './server-session.ts';
import { servingPod } from './serving-pod.ts';

/** `-n` is that of the Remote. */
export function serverNamespaceOption(): Option {
  return new Option(
    '--server-namespace <name>',
    'where the server is; unset: the one that serves the remote, or the only one',
  ).argParser(parseNamespace);
}

export interface Question {
  /** As it is typed behind `ssh`. */
  readonly line: string;
  readonly usage: Pick<Usage, 'failCode'>;
  /** `<namespace>/<name>`, the Remote that it is about; unset: it is about none. */
  readonly remote: string | undefined;
  /** Stdin is its input. */
  readonly hasInput?: boolean;
  /** What it is to know of the terminal: that there is one, unless this says nothing, or everything that is typed there. */
  readonly terminal?: 'nothing' | 'keys' | undefined;
}

/** How long it may take until a program runs in the pod. */
const connectMs = 15_000;
/**
 * It counts as memory of the server, and has next to nothing on its heap. A server from before the relay answers as one without it:
 * `env` is what starts every version of the program.
 */
const relayCommand = ['env', 'NODE_OPTIONS=--max-old-space-size=32 --max-semi-space-size=1', 'gitkube', '__relay'];
/** Of an unknown command. */
const unknownCode = 127;

/**
 * Has the server run a command as the user of the cluster; its exit code is that of this program.
 * @throws NotInstalled, ServerUnreachable, ClusterForbidden, ClusterUnavailable
 */
export async function askServer(command: Command, context: CliContext, question: Question): Promise<void> {
  const { io } = context;
  const { line, usage, remote, hasInput, terminal: known } = question;
  context.failCode = usage.failCode ?? defaultFailCode;
  const { serverNamespace } = command.opts<{ serverNamespace?: string }>();
  const admin = await context.connect(command);
  const signal = io.interrupted();
  const asking = Promise.all([userOf(admin), servingPod(admin, serverNamespace, remote?.split('/')[0])]);
  const [user, where] = await untilAborted(asking, signal);
  using terminal = known === 'nothing' ? undefined : openTerminal(io, known === 'keys');
  const { code, version: theirs } = await runOnServer(
    (onOutput) => startRelay(admin, where, onOutput, signal),
    {
      request: { line, user, ...(terminal && { terminal: terminal.facts }) },
      stdin: hasInput || terminal?.facts.isRaw ? io.stdin : undefined,
      stdout: io.stdout,
      stderr: io.stderr,
      terminal,
      where: `pod ${where.namespace}/${where.pod}`,
    },
    signal,
  );
  if (code === unknownCode && theirs !== version() && !line.startsWith('run ')) io.note(olderHint(theirs));
  context.exitCode = code;
}

async function startRelay(admin: KubeAdmin, where: PodContainer, onOutput: OnOutput, signal: AbortSignal) {
  const limit = AbortSignal.timeout(connectMs);
  try {
    return await admin.startInPod(where, relayCommand, onOutput, AbortSignal.any([signal, limit]));
  } catch (thrown) {
    signal.throwIfAborted();
    if (!limit.aborted) throw thrown;
    const message = `no program started in pod ${where.namespace}/${where.pod} within ${connectMs / 1000} s`;
    throw new GitkubeError('ServerUnreachable', message, {
      hint: 'to see what the server lacks, type: gitkube doctor',
    });
  }
}

/** As the API server calls them: for records alone, so one that has no answer (before Kubernetes 1.28) is no reason to stop. */
async function userOf(admin: KubeAdmin): Promise<string> {
  return (await admin.whoAmI().catch(() => '')) || 'unknown';
}

function olderHint(theirs: string): string {
  return `hint: the server is Gitkube ${theirs}, and this program ${version()}: ${toThisVersion}`;
}
