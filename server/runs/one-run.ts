import { randomBytes } from 'node:crypto';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import {
  type CommandWord,
  type ContainerEnd,
  dottedVariables,
  OneOffPod,
  oneOffPod,
  ownVolumes,
} from '../../deployer/index.ts';
import type { Kube, V1Pod, Workload } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { endAfterBreak } from './after-break.ts';
import type { ChosenContainer } from './choose-container.ts';
import type { RunClient } from './client.ts';
import { gated, isWithoutShell } from './gate.ts';
import { Input } from './input.ts';
import { ConnectionBroke, type RelayParts, type RelayRequest, relay, relayLog } from './relay.ts';
import { runLabel } from './sweep.ts';

export interface RunParts extends RelayParts {
  readonly kube: Kube;
  /** Of this process: pods that have another one belong to a server that has ended. */
  readonly instance: string;
  /** Names of its pods. */
  readonly inUse: Set<string>;
}

export interface RunRequest {
  readonly remote: Remote;
  readonly chosen: ChosenContainer;
  readonly image: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly timeoutSeconds: number;
  /** Who asks for it. */
  readonly by: string;
}

const remoteLabel = 'gitkube.sh/remote';
const byAnnotation = 'gitkube.sh/run-by';

/** Of a pod that this server can not delete: Kubernetes ends it so long after the server would have. */
const spareSeconds = 60;
const maxName = 45;

/**
 * Runs a command in a pod of its own, which is deleted at the end, whatever that is.
 * @param interrupted called for a Ctrl-C that no command is there to take
 * @throws why it was not run; the reason of the signal
 */
export async function runOnce(
  parts: RunParts,
  request: RunRequest,
  client: RunClient,
  { signal, interrupted }: { readonly signal: AbortSignal; readonly interrupted: () => void },
): Promise<ContainerEnd> {
  const workload = await liveWorkload(parts, request);
  for (const name of ownVolumes(workload, request.chosen.container)) {
    client.say(`volume ${plain(name, 80)} is not mounted: each pod of ${request.chosen.workload.name} has its own`);
  }
  const { given, lost } = dottedVariables(workload, request.chosen.container);
  const input = new Input(client.input, client.terminal?.isRaw === true, interrupted);
  const inPod = (command: readonly CommandWord[], connect: Connect) =>
    runInPod(parts, { ...request, command }, workload, { client, input, signal, connect });
  try {
    return await inPod(gated(request.command, given), (relayed) => {
      for (const name of lost) client.say(lostVariable(name));
      return relay(parts, relayed, true);
    });
  } catch (thrown) {
    if (!isWithoutShell(thrown)) throw thrown;
  }
  return inPod(request.command, (relayed) => (request.tty ? relayBegun(parts, relayed) : relayLog(parts, relayed)));
}

function lostVariable(name: string): string {
  return `${plain(name, 80)} is not in the environment of the command: a shell keeps no variable of that name`;
}

/** A command that has begun may have ended before anybody is attached: that is as if the connection had broken then. */
async function relayBegun(parts: RunParts, relayed: RelayRequest): Promise<void> {
  try {
    await relay(parts, relayed, false);
  } catch (thrown) {
    relayed.signal.throwIfAborted();
    throw thrown instanceof ConnectionBroke
      ? thrown
      : new ConnectionBroke({ received: 0, beginning: undefined }, thrown);
  }
}

type PodRequest = Omit<RunRequest, 'command'> & { readonly command: readonly CommandWord[] };
type Connect = (request: RelayRequest) => Promise<void>;

interface InPod {
  readonly client: RunClient;
  readonly input: Input;
  readonly signal: AbortSignal;
  readonly connect: Connect;
}

async function runInPod(
  parts: RunParts,
  request: PodRequest,
  workload: Workload,
  { client, input, signal, connect }: InPod,
): Promise<ContainerEnd> {
  const { remote, chosen, tty } = request;
  const wanted = podOf(parts, request, workload);
  using _ = named(parts.inUse, wanted.metadata?.name ?? '');
  await using pod = await OneOffPod.create(parts, chosen.workload, wanted);
  await pod.started({ timeoutSeconds: remote.rolloutTimeoutSeconds, signal, say: (line) => client.say(line) });
  const target = { namespace: remote.namespace, pod: pod.name, container: chosen.container };
  try {
    await connect({ target, tty, client, input, signal });
    return await pod.ended(signal);
  } catch (thrown) {
    if (!(thrown instanceof ConnectionBroke)) throw thrown;
    return await endAfterBreak(parts, pod, { target, client, signal }, thrown);
  }
}

function named(inUse: Set<string>, name: string): Disposable {
  inUse.add(name);
  return { [Symbol.dispose]: () => void inUse.delete(name) };
}

function podOf({ instance }: RunParts, request: PodRequest, workload: Workload): V1Pod {
  const { remote, chosen, image, command, tty, timeoutSeconds, by } = request;
  return oneOffPod({
    ...{ workload, container: chosen.container, image, command, tty },
    name: `${chosen.container.slice(0, maxName)}-run-${randomBytes(4).toString('hex')}`,
    // A label has 63 characters at most, and a Remote may have more.
    labels: { [runLabel]: instance, [remoteLabel]: remote.name.slice(0, 63).replace(/[^a-z0-9]+$/, '') },
    annotations: { [byAnnotation]: plain(by, 200) },
    owner: { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', name: remote.name, uid: remote.uid },
    deadlineSeconds: remote.rolloutTimeoutSeconds + timeoutSeconds + spareSeconds,
  });
}

async function liveWorkload({ kube }: RunParts, { chosen: { workload } }: RunRequest): Promise<Workload> {
  const { kind, namespace, name } = workload;
  const found = await kube.getWorkload(kind, namespace, name);
  if (found) return found;
  throw new GitkubeError('WorkloadNotFound', `there is no ${kind} ${name} in namespace ${namespace}`);
}
