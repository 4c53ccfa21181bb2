import { untilAborted } from '../../base/until-aborted.ts';
import type { ContainerEnd, OneOffPod } from '../../deployer/index.ts';
import type { Kube } from '../../kube/index.ts';
import type { ConnectionBroke, RelayParts, RelayRequest } from './relay.ts';

/** How long a pod has to end after its connection has: the kubelet reports an end within a second or two, on a busy node later. */
const endMs = 30_000;

type Parts = Pick<RelayParts, 'clock' | 'log'> & { readonly kube: Pick<Kube, 'readPodLog'> };
type Of = Pick<RelayRequest, 'target' | 'client' | 'signal'>;

/**
 * The end of a command whose connection broke. Kubelet and API server close theirs as soon as a command ends: with input unread
 * that resets it (RFC 1122, 4.2.2.13), and what it had brought of output and status is lost. The pod knows how its command has
 * ended, and its log has all that was printed.
 * @throws the cause of the break when the command goes on; the reason of the signal
 */
export async function endAfterBreak(
  parts: Parts,
  pod: Pick<OneOffPod, 'ended'>,
  of: Of,
  broke: ConnectionBroke,
): Promise<ContainerEnd> {
  const end = await endInTime(parts, pod, of.signal);
  if (!end) throw broke.cause;
  await printRest(parts, of, broke);
  return end;
}

/** @returns undefined: it has not ended */
async function endInTime(
  { clock }: Parts,
  pod: Pick<OneOffPod, 'ended'>,
  signal: AbortSignal,
): Promise<ContainerEnd | undefined> {
  const late = new AbortController();
  const known = new AbortController();
  clock.delay(endMs, known.signal).then(
    () => late.abort(),
    () => {},
  );
  try {
    return await pod.ended(AbortSignal.any([signal, late.signal]));
  } catch (thrown) {
    signal.throwIfAborted();
    if (late.signal.aborted) return undefined;
    throw thrown;
  } finally {
    known.abort();
  }
}

/** What the client has already is what the log begins with, unless the kubelet has rotated it: then something is between them. */
async function printRest(
  { kube, log }: Parts,
  { target, client, signal }: Of,
  { received, beginning = Buffer.alloc(0) }: ConnectionBroke,
): Promise<void> {
  let left = received;
  let read = Buffer.alloc(0);
  try {
    for await (const bytes of kube.readPodLog(target.namespace, target.pod, target.container, signal)) {
      if (read.length < beginning.length)
        read = Buffer.concat([read, bytes.subarray(0, beginning.length - read.length)]);
      const rest = bytes.subarray(Math.min(left, bytes.length));
      left = Math.max(0, left - bytes.length);
      if (rest.length > 0) await untilAborted(Promise.resolve(client.print('stdout', rest)), signal);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    log.warn({ err: thrown, pod: `${target.namespace}/${target.pod}` }, 'the log of a run could not be read');
    return incomplete(client);
  }
  // The kubelet keeps the last 10 MB.
  if (!beginning.subarray(0, read.length).equals(read)) client.say('some output was lost: the log was rotated');
  else if (left > 0) incomplete(client);
}

function incomplete({ say }: RelayRequest['client']): void {
  say('the connection broke as the command ended: the last lines of its output may be missing');
}
