import { randomBytes } from 'node:crypto';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { type ContainerEnd, OneOffPod, oneOffPod, ownVolumes } from '../../deployer/index.ts';
import type { Kube, V1Pod, Workload } from '../../kube/index.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { endAfterBreak } from './after-break.ts';
import type { ChosenContainer } from './choose-container.ts';
import type { RunClient } from './client.ts';
import { gated, isWithoutShell } from './gate.ts';
import { Input } from './input.ts';
import { ConnectionBroke, type RelayParts, type RelayRequest, relay, relayLog } from './relay.ts';

export interface RunParts extends RelayParts {
  readonly kube: Kube;
  /** Of this process: pods that have another one belong to a server that has ended. */
  readonly instance: string;
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

/** On its pods: the instance that has them. */
export const runLabel = 'gitkube.sh/run';
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
  const input = new Input(client.input, client.terminal !== undefined, interrupted);
  const inPod = (command: readonly string[], connect: Connect) =>
    runInPod(parts, { ...request, command }, workload, { client, input, signal, connect });
  try {
    return await inPod(gated(request.command), (relayed) => relay(parts, relayed, true));
  } catch (thrown) {
    if (!isWithoutShell(thrown)) throw thrown;
  }
  return inPod(request.command, (relayed) => (request.tty ? relay(parts, relayed, false) : relayLog(parts, relayed)));
}

type Connect = (request: RelayRequest) => Promise<void>;

interface InPod {
  readonly client: RunClient;
  readonly input: Input;
  readonly signal: AbortSignal;
  readonly connect: Connect;
}

async function runInPod(
  parts: RunParts,
  request: RunRequest,
  workload: Workload,
  { client, input, signal, connect }: InPod,
): Promise<ContainerEnd> {
  const { remote, chosen, tty } = request;
  await using pod = await OneOffPod.create(parts, chosen.workload, podOf(parts, request, workload));
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

function podOf({ instance }: RunParts, request: RunRequest, workload: Workload): V1Pod {
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
